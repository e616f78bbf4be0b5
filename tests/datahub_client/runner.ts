/** DataHub's own runner of actions, with the plugin installed as a user installs it. */
import { fileURLToPath } from "node:url";
import { until } from "../../scripts/servers/until.ts";
import { clientFolder } from "./judge.ts";

const pluginDir = fileURLToPath(new URL("../../deploy/datahub/actions-plugin", import.meta.url));
const sourceDir = fileURLToPath(new URL(".", import.meta.url));

/** What a test runs. */
export interface RunnerOptions {
  /** The payloads of EntityChangeEvents, or whole envelopes of other events. */
  readonly events: readonly unknown[];
  /** The keys under `action.config`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A runner that runs. */
export interface ActionsRunner extends AsyncDisposable {
  /** All that it has printed. */
  output(): string;
  untilPrinted(pattern: RegExp): Promise<void>;
  /** Ends it as its container would, and waits for that. */
  stop(): Promise<void>;
}

/** Installs the plugin into a folder of its own. pip builds beside the sources, so it gets a copy. */
export async function installPlugin(): Promise<string> {
  const work = await Deno.makeTempDir({ prefix: "tokenize-plugin-" });
  await run("cp", ["-R", pluginDir, `${work}/source`]);
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"];
  const target = ["--target", `${work}/installed`];
  const args = ["-m", "pip", "install", ...options, ...target, `${work}/source`];
  await run(`${clientFolder()}/bin/python`, args);
  return `${work}/installed`;
}

/** Starts the runner with one pipeline. */
export async function startRunner(
  plugin: string,
  { events, config }: RunnerOptions,
): Promise<ActionsRunner> {
  const work = await Deno.makeTempDir({ prefix: "tokenize-actions-" });
  const envelopes = events.map((event) => ({
    event_type: "EntityChangeEvent_v1",
    event,
    meta: {},
  }));
  const lines = envelopes.map((each) => `${JSON.stringify(each)}\n`);
  await Deno.writeTextFile(`${work}/events.jsonl`, lines.join(""));
  const pipeline = {
    name: "tokenize",
    source: { type: "file_source:FileSource", config: { path: `${work}/events.jsonl` } },
    action: { type: "tokenize", config },
  };
  await Deno.writeTextFile(`${work}/pipeline.yaml`, JSON.stringify(pipeline)); // JSON is YAML
  const child = new Deno.Command(`${clientFolder()}/bin/datahub-actions`, {
    args: ["actions", "run", "-c", `${work}/pipeline.yaml`],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: work,
      PYTHONPATH: `${plugin}:${sourceDir}`,
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONUNBUFFERED: "1",
      DATAHUB_TELEMETRY_ENABLED: "false",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let printed = "";
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) printed += text;
  };
  const collected = Promise.all([collect(child.stdout), collect(child.stderr)]);
  let isRunning = true;
  const ended = child.status.then(() => isRunning = false);
  const stop = async () => {
    if (isRunning) child.kill("SIGINT");
    await ended;
    await collected;
  };
  return {
    output: () => printed,
    untilPrinted: (pattern) => until(() => pattern.test(printed), `not printed: ${pattern}`),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await Deno.remove(work, { recursive: true });
    },
  };
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}
