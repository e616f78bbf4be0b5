/**
 * The real program as a process of its own: run from source, or compiled. The suites that take a
 * `Program` hold for both.
 *
 *     const { code, stdout } = await runProgram(fromSource, ["permissions"], { PORT: "9000" });
 *
 *     await using service = await startService(compiled, { PG_CONN_STR: database.url });
 *     const response = await service.trigger({ dataset_urn, columns: ["email"] });
 *     const { code } = await service.stop("SIGTERM");
 *
 * Everything that a program prints or returns is searched for values that must not leave the database or the
 * configuration: by convention these hold the word "canary".
 */
import { fileURLToPath } from "node:url";
import { ENVIRONMENT_NAMES } from "../../src/environment_names.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { assertLeaksNothing } from "./assertions.ts";

/** One way to start the program. */
export interface Program {
  /** For the titles of tests. */
  readonly name: string;
  readonly file: string;
  /** What stands before the program's own arguments. */
  readonly args: readonly string[];
}

const projectDir = fileURLToPath(new URL("../../", import.meta.url));

/** The program from the sources in a folder, with the permissions that the binary has. */
export function sourcesIn(dir: string): Program {
  const permissions = [
    "--allow-net",
    "--allow-read",
    "--allow-write",
    `--allow-env=${ENVIRONMENT_NAMES.join(",")}`,
  ];
  const args = ["run", "--quiet", "--no-prompt", ...permissions, `${dir}src/main.ts`];
  return { name: "from source", file: Deno.execPath(), args };
}

/** The program from the sources of this project. */
export const fromSource: Program = sourcesIn(projectDir);

/** What `make build` makes. */
export const compiled: Program = {
  name: "compiled",
  file: `${projectDir}dist/tokenize`,
  args: [],
};

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of the log as `LOG_FORMAT=json` writes it. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A program that runs. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** The log so far. */
  log(): LogLine[];
  /** Waits for an event in the log; fails if the program ends before. */
  logged(event: string): Promise<LogLine>;
  /** Sends a signal and waits for the end. */
  stop(signal: Deno.Signal): Promise<Ended>;
}

/** Environment variables of a program. */
export type Environment = Readonly<Record<string, string>>;

/** No test's program runs longer: one that hangs is killed, and its test fails. */
const DEADLINE_MS = 180_000;

/** Deno's own variables, without which it would not find its cache. */
const PASSED_ON = ["HOME", "PATH", "DENO_DIR", "XDG_CACHE_HOME", "DENO_TLS_CA_STORE", "TMPDIR"];

/** Starts a program with exactly these environment variables, and `input` on its standard input. */
export function spawnProgram(
  program: Program,
  args: readonly string[],
  env: Environment,
  input?: BlobPart,
): Running {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const child = new Deno.Command(program.file, {
    args: [...program.args, ...args],
    env: { ...Object.fromEntries(passedOn), ...env },
    clearEnv: true,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = input === undefined
    ? undefined
    : new Blob([input]).stream().pipeTo(child.stdin).catch(() => {}); // it may not read on
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  let isRunning = true;
  const kill = (signal: Deno.Signal) => void (isRunning && child.kill(signal));
  const deadline = setTimeout(() => kill("SIGKILL"), DEADLINE_MS);
  const ended = (async () => {
    const { code, signal } = await child.status;
    isRunning = false;
    clearTimeout(deadline);
    await Promise.all([stdout.done, stderr.done, fed]);
    const result = { code, signal, stdout: stdout.text(), stderr: stderr.text() };
    const printed = result.stdout + result.stderr;
    assertLeaksNothing(printed, args.join(" "), secretsIn(env));
    return result;
  })();
  const log = () => parseLog(stderr.text());
  return {
    pid: child.pid,
    ended,
    log,
    async logged(event) {
      for (;;) {
        const line = log().find((line) => line.event === event);
        if (line !== undefined) return line;
        if (!await stderr.more()) throw new Error(`No "${event}" in the log: ${stderr.text()}`);
      }
    },
    async stop(signal) {
      kill(signal);
      return await ended;
    },
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await ended;
    },
  };
}

/** The tests' own servers have this password, which is also a word. */
const NO_SECRET = "postgres";

/** What the environment holds that nobody may see, as it is and decoded. */
function secretsIn(env: Environment): string[] {
  const passwords = [env.PG_CONN_STR, env.HISTORY_CONN_STR]
    .map((each) => URL.parse(each ?? "")?.password ?? "");
  const properties = /;(?:PWD|OAuth2Secret|Auth_AccessToken)=([^;]+)/gi;
  const inUrl = [...(env.DBX_JDBC_URL ?? "").matchAll(properties)].map(([, secret]) => secret!);
  return [...passwords, ...passwords.map(decodeURIComponent), ...inUrl, env.TRIGGER_TOKEN ?? ""]
    .filter((secret) => secret !== "" && secret !== NO_SECRET);
}

/** Runs a program to its end, with `input` on its standard input. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  env: Environment = {},
  input?: BlobPart,
): Promise<Ended> {
  return await spawnProgram(program, args, env, input).ended;
}

/** How often `forceEnd` sends its signal. */
const REPEAT_MS = 100;

/** Asks a program to stop with the first signal, and insists with the second until it has ended. */
export async function forceEnd(
  running: Running,
  first: Deno.Signal,
  again: Deno.Signal,
): Promise<Ended> {
  void running.stop(first);
  const insisting = setInterval(() => void running.stop(again), REPEAT_MS);
  return await running.ended.finally(() => clearInterval(insisting));
}

/** A response of a service, read. */
export interface ServiceResponse {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into it, and would fail if it had another shape
  readonly json: any;
}

/** `tokenize serve`, listening. */
export interface Service extends Running {
  readonly url: string;
  readonly port: number;
  send(method: string, path: string, init?: Omit<RequestInit, "method">): Promise<ServiceResponse>;
  /** Sends a trigger, with the service's own token if it has one. */
  trigger(body: unknown): Promise<ServiceResponse>;
}

/** Starts `tokenize serve` on a free port and waits until it listens. */
export async function startService(program: Program, env: Environment = {}): Promise<Service> {
  const port = Number(env.PORT ?? freePort());
  const running = spawnProgram(program, ["serve"], {
    PORT: String(port),
    LOG_FORMAT: "json",
    ...env,
  });
  const { url } = await running.logged("listening") as unknown as { url: string };
  const send: Service["send"] = async (method, path, init = {}) => {
    const response = await fetch(url + path, { ...init, method });
    const text = await response.text();
    assertLeaksNothing(text, `${method} ${path}`);
    const json = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, json };
  };
  const trigger: Service["trigger"] = (body) => {
    const headers = new Headers({ "content-type": "application/json" });
    if (env.TRIGGER_TOKEN) headers.set("authorization", `Bearer ${env.TRIGGER_TOKEN}`);
    return send("POST", "/trigger", { headers, body: JSON.stringify(body) });
  };
  return Object.assign(running, { url, port, send, trigger });
}

/** The lines that are JSON; a service writes no other. */
export function parseLog(text: string): LogLine[] {
  return text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line));
}

interface Collected {
  readonly done: Promise<void>;
  text(): string;
  /** Waits for more; false at the end. */
  more(): Promise<boolean>;
}

function collect(stream: ReadableStream<Uint8Array>): Collected {
  let text = "";
  let next = Promise.withResolvers<boolean>();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const done = (async () => {
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      next.resolve(true);
      next = Promise.withResolvers();
    }
    next.resolve(false);
  })();
  return { done, text: () => text, more: () => next.promise };
}
