/** The command line: from arguments to what they ask for. */
import { Command, CommanderError, Option } from "commander";
import { splitUrnList } from "./datahub/dataset_urn.ts";
import type { DatasetArguments, Job, RunArguments } from "./command.ts";
import { COMMIT, VERSION } from "./version.ts";

/** What the arguments ask for. */
export type Request =
  | {
    readonly kind: "job";
    readonly job: (defaultUrl: string) => Job;
    /** The token SDK or key that a rotation starts from: it has settings too. */
    readonly rotateFrom?: string;
  }
  | { readonly kind: "permissions"; readonly json: boolean }
  /** Help, the version or a usage error: already printed. */
  | { readonly kind: "answered"; readonly exitCode: number };

/** Exit code for wrong usage or configuration. */
export const USAGE_EXIT_CODE = 2;

const MAX_CONNECTIONS = 64;

interface Options {
  readonly urn: readonly string[];
  readonly columns: readonly string[];
  readonly url?: string;
  readonly dryRun?: boolean;
  readonly commit?: RunArguments["commit"];
  readonly strategy?: RunArguments["strategy"];
  readonly scrub?: boolean;
  readonly connections?: number;
  readonly json?: boolean;
}

/** What the commands need to turn their options into a request. */
interface Reading {
  readonly ask: (request: Request) => void;
  readonly wantsJson: (options: Options) => boolean;
}

/**
 * Reads the arguments. A job's `--url` may be left out: `defaultUrl` is where the configured action
 * listens. `isTerminal` is whether results go to a person.
 */
export function readCommandLine(args: readonly string[], isTerminal: boolean): Request {
  let request: Request = { kind: "answered", exitCode: 0 };
  const program = new Command("tokenize")
    .description("Replaces the values of columns with tokens, in place, on Postgres or Databricks.")
    .version(`tokenize ${VERSION} (${COMMIT})`, "--version", "print version and commit")
    .helpOption("--help", "print this help")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help tells more)");
  addCommands(program, {
    ask: (asked) => request = asked,
    wantsJson: (options) => options.json ?? !isTerminal,
  });
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "answered", exitCode: error.exitCode === 0 ? 0 : USAGE_EXIT_CODE };
  }
  return request;
}

function addCommands(program: Command, reading: Reading): void {
  const askJob = (job: (defaultUrl: string) => Job) => reading.ask({ kind: "job", job });

  program.command("serve").description("run the action: an HTTP server")
    .action(() => askJob(() => ({ command: "serve" })));
  addRun(program.command("run"), reading);
  addRotate(program.command("rotate"), reading);
  addTrigger(program.command("trigger"), reading);
  addSmoke(program.command("smoke"), reading);
  withUrl(program.command("healthcheck").description("exit 0 if the running action answers"))
    .action((options: Options) =>
      askJob((standard) => ({ command: "healthcheck", url: options.url ?? standard }))
    );
  addDetokenize(program.command("detokenize"), reading);
  program.command("permissions").description("print what the sandbox would be given, and why")
    .option("--json", "print JSON")
    .action((options: Options) =>
      reading.ask({ kind: "permissions", json: reading.wantsJson(options) })
    );
}

function addRun(command: Command, { ask, wantsJson }: Reading): void {
  command.description("do the job once, with no server");
  withConnections(withStrategy(withHow(withDataset(command, ""))))
    .action((options: Options) => {
      const dataset = oneDataset(command, options);
      const how = howOf(options);
      const { connections } = options;
      const json = wantsJson(options);
      ask({ kind: "job", job: () => ({ command: "run", dataset, how, connections, json }) });
    });
}

function addRotate(command: Command, { ask, wantsJson }: Reading): void {
  command.description("turn tokens of an older key or SDK into those of the current one");
  withConnections(withHow(withDataset(command, "")))
    .requiredOption("--from <key|sdk>", "the key's id, or the SDK, that made the tokens")
    .action((options: Options & { readonly from: string }) => {
      const dataset = oneDataset(command, options);
      const how = howOf(options);
      const { connections, from } = options;
      const json = wantsJson(options);
      const job = () => ({ command: "rotate", dataset, how, connections, json }) as const;
      ask({ kind: "job", job, rotateFrom: from });
    });
}

function addTrigger(command: Command, { ask, wantsJson }: Reading): void {
  command.description("ask a running action to do the job");
  withStrategy(withHow(withUrl(withDataset(command, ""))))
    .action((options: Options) => {
      const dataset = oneDataset(command, options);
      const how = howOf(options);
      const json = wantsJson(options);
      const job = (standard: string) => {
        const url = options.url ?? standard;
        return { command: "trigger", url, dataset, how, json } as const;
      };
      ask({ kind: "job", job });
    });
}

function addSmoke(command: Command, { ask, wantsJson }: Reading): void {
  command.description("trigger each dataset twice; fail if a second run updates anything");
  withUrl(withDataset(command, "; --urn and --columns may be repeated, in pairs"))
    .action((options: Options) => {
      const datasets = datasetsOf(command, options);
      const json = wantsJson(options);
      const job = (standard: string) => {
        return { command: "smoke", url: options.url ?? standard, datasets, json } as const;
      };
      ask({ kind: "job", job });
    });
}

function addDetokenize(command: Command, { ask, wantsJson }: Reading): void {
  command.description("read tokens back, a line each, from standard input (ALLOW_DETOKENIZE=true)")
    .option("--dataset <name>", "where they were made, if TOKEN_CONTEXT bound them to it: a.b.c")
    .option("--column <name>", "the same for the column")
    .option("--json", "print JSON, as into a pipe")
    .action((options: Options & { readonly dataset?: string; readonly column?: string }) => {
      const { dataset, column } = options;
      const json = wantsJson(options);
      ask({ kind: "job", job: () => ({ command: "detokenize", dataset, column, json }) });
    });
}

function withConnections(command: Command): Command {
  return command.option(
    "--connections <number>",
    "how many connections write at once in batches",
    (text) => connectionsOf(command, text),
  );
}

function withStrategy(command: Command): Command {
  const strategy = new Option("--strategy <how>", "update rows, or rewrite the whole table");
  return command.addOption(strategy.choices(["update", "rewrite"]));
}

function withHow(command: Command): Command {
  const commit = new Option("--commit <mode>", "what is all or nothing: the run, or each batch");
  return command.option("--dry-run", "count what would change, change nothing")
    .addOption(commit.choices(["atomic", "batches"]))
    .option("--scrub", "clear what it leaves of old values elsewhere, as far as allowed");
}

function howOf(options: Options): RunArguments {
  const { dryRun = false, commit = "atomic", strategy = "update", scrub = false } = options;
  return { dryRun, commit, strategy, scrub };
}

function connectionsOf(command: Command, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= MAX_CONNECTIONS) return number;
  return command.error(`error: --connections is not a whole number from 1 to ${MAX_CONNECTIONS}`);
}

function withDataset(command: Command, more: string): Command {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return command
    .requiredOption("--urn <urn>", `the dataset's URN, as DataHub writes it${more}`, collect)
    .requiredOption("--columns <names>", "the columns, separated by commas", collect)
    .option("--json", "print JSON, as into a pipe");
}

function withUrl(command: Command): Command {
  return command.option(
    "--url <url>",
    "where the action runs (default: HOST and PORT on this machine)",
    (text) => {
      const url = URL.parse(text);
      if (!/^https?:$/.test(url?.protocol ?? "")) {
        command.error("error: --url is not an http:// or https:// URL");
      }
      // it would be printed, and it isn't how the action lets anybody in
      if (url?.username || url?.password) {
        command.error("error: --url must not hold a user or a password");
      }
      return text;
    },
  );
}

function oneDataset(command: Command, options: Options): DatasetArguments {
  const [dataset, ...others] = datasetsOf(command, options);
  if (others.length > 0) command.error("error: --urn and --columns may stand once only");
  return dataset!;
}

function datasetsOf(command: Command, { urn, columns }: Options): DatasetArguments[] {
  if (urn.length !== columns.length) command.error("error: each --urn needs its own --columns");
  return urn.map((each, i) => {
    const names = splitUrnList(columns[i]!);
    if (names.length === 0) command.error("error: --columns names no column");
    return { urn: each, columns: names };
  });
}
