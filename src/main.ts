/** The program `tokenize`: finds out which command, with which configuration, and runs it. */
import "./sandbox/no_writing.ts";
import "./sandbox/no_environment.ts";
import { type Command, isKeysCommand, type OutsideCommand, type TypedCommand } from "./command.ts";
import type { CommandLine } from "./command_line/command_line.ts";
import { readPlainCommandLine } from "./command_line/plain_command_line.ts";
import type { GlobalOptions } from "./command_line/program.ts";
import { asksAboutDummy, confirmDummy, writesDummyTokens } from "./commands/dummy_tokens.ts";
import { findMachineFacts } from "./commands/machine_facts.ts";
import { printError, printUnwritable } from "./commands/output.ts";
import { openReceipt, UnwritableReceipt } from "./commands/receipt_file.ts";
import type { Config, ConfigSource } from "./config.ts";
import { type ReadSettings, readSettings } from "./config/read_settings.ts";
import { withEnvFile } from "./config/env_file.ts";
import { ConfigError, type ConfigFault, faultLine } from "./config_error.ts";
import { USAGE_EXIT_CODE } from "./exit_codes.ts";
import { DEFAULT_RUN_OPTIONS } from "./run_options.ts";
import { stackFrames } from "./stack_frames.ts";
import { toAuthority } from "./host_name.ts";
import { oneLine } from "./one_line.ts";
import { type Grants, grantsFor, isGrantable } from "./sandbox/grants.ts";
import { supervise } from "./sandbox/supervisor.ts";
import {
  readInput,
  screenOf,
  UnwritableOutput,
  useScreen,
  writeError,
  writeOutput,
} from "./standard_streams.ts";

const SERVE: Command = { name: "serve" };

/** Where settings come from. */
const MACHINE: ConfigSource = {
  variable: (name) => Deno.env.get(name) || undefined,
  file: (path) => Deno.readTextFileSync(path),
  permissions: (path) => Deno.statSync(path),
  isTerminal: Deno.stderr.isTerminal(),
};

async function main(): Promise<number> {
  useNoProxy();
  useScreen(screenOf(MACHINE.variable));
  const commandLine = readPlainCommandLine(Deno.args) ?? await parseCommandLine();
  if (commandLine.kind === "done") return commandLine.exitCode;
  const { command: typed, globalOptions } = commandLine;
  const machine = withEnvFile(MACHINE, globalOptions.envFile);
  if (typed.name === "completion") {
    const { completionScript } = await import("./command_line/completion.ts");
    writeOutput(completionScript(typed.shell));
    return 0;
  }
  if (isKeysCommand(typed)) {
    const { keys } = await import("./commands/keys.ts");
    return keys(typed, machine);
  }
  if (typed.name === "receipt verify") {
    const { verifyReceiptFiles } = await import("./commands/receipt_verify.ts");
    return await verifyReceiptFiles(typed, machine.file);
  }
  const rotateFrom = typed.name === "rotate" ? typed.from : undefined;
  const settings = await readSettings(machine, globalOptions.config, {
    rotateFrom,
    allKeys: typed.name === "verify",
  });
  const config = withLogLevel(settings, typed, globalOptions);
  if (typed.name === "config check") {
    const { reportSettings } = await import("./commands/config_check.ts");
    return reportSettings(settings, typed.json);
  }
  if (config === undefined) return await reportFaults(settings.faults, typed);
  const command = typed.name === "permissions"
    ? SERVE
    : await withRuns(withUrl(withMachine(typed), config), machine);
  const missing = missingSetting(command, config);
  if (missing !== undefined) {
    printError(missing);
    return USAGE_EXIT_CODE;
  }
  const grants = grantsFor(command, config);
  const malformed = grants.hosts.find((grant) => !isGrantable(grant));
  if (malformed !== undefined) {
    printError(`Cannot use the host for "${malformed.why}": not a valid host name`);
    return USAGE_EXIT_CODE;
  }
  if (typed.name === "permissions") {
    const { printPermissions } = await import("./commands/permissions.ts");
    printPermissions(grants, config, typed.json);
    return 0;
  }
  if (command.name !== "serve" && await isUnreadable(command)) return USAGE_EXIT_CODE;
  if (asksAboutDummy(command, config) && !confirmDummy()) {
    printError("Cannot start the run: it was not confirmed; nothing was changed");
    return 1;
  }
  return await start(command, config, grants);
}

/** Runs a command in the sandbox. Returns the exit code. */
async function start(command: Command, config: Config, grants: Grants): Promise<number> {
  const receipt = openReceipt("receipt" in command ? command.receipt : undefined);
  const identified = await withProgram(command, config);
  // the question has said it
  const warnsOfDummy = writesDummyTokens(command, config) && !asksAboutDummy(command, config);
  const exitCode = await supervise(command, identified, grants, {
    observations: warnsOfDummy ? [{ event: "dummy_tokens" }] : [],
    keepReceipt: receipt.keep,
  });
  return receipt.close() ? exitCode : exitCode || 1;
}

/** What the parser makes of the arguments. Its library is only loaded for what needs it. */
async function parseCommandLine(): Promise<CommandLine> {
  const { readCommandLine } = await import("./command_line/command_line.ts");
  return readCommandLine(Deno.args, Deno.stdout.isTerminal());
}

/** Prints what is wrong with the settings. Returns the exit code. */
async function reportFaults(
  faults: readonly ConfigFault[],
  command: TypedCommand | OutsideCommand,
): Promise<number> {
  if (command.name === "doctor") {
    const { reportUnusableSettings } = await import("./commands/print_findings.ts");
    return reportUnusableSettings(faults, command.json);
  }
  for (const fault of faults) printError(faultLine(fault));
  return USAGE_EXIT_CODE;
}

/**
 * The configuration with the log as `--quiet` or `--verbose` says. Unless something says how much is logged,
 * a job on a terminal logs warnings and up: its result says the rest. JSON in a pipe, where nobody asked for
 * it, may have sentences beside it.
 */
function withLogLevel(
  { config, inUse }: ReadSettings,
  { name }: { readonly name: string },
  { quiet, verbose }: GlobalOptions,
): Config | undefined {
  if (config === undefined) return undefined;
  const isSet = (name: string) => inUse.some(({ variable }) => variable === name);
  const isResultEnough = name !== "serve" && MACHINE.isTerminal && !isSet("LOG_LEVEL");
  const level = quiet ? "error" : verbose ? "debug" : isResultEnough ? "warning" : config.log.level;
  const isForProgram = config.log.format === "json" && isSet("LOG_FORMAT");
  return { ...config, log: { ...config.log, level, isForProgram } };
}

/** The configuration with the digest of the binary, for those who sign receipts of runs. */
async function withProgram({ name }: Command, config: Config): Promise<Config> {
  if (config.receiptKey === undefined || (name !== "serve" && name !== "run")) return config;
  const { programSha256 } = await import("./commands/program_digest.ts");
  const digest = programSha256();
  return digest === undefined ? config : { ...config, programSha256: digest };
}

/**
 * The runtime's `fetch` would use the proxy that HTTPS_PROXY and the like name, and so get past the
 * sandbox's list of hosts. This names every host and address as one to be reached without a proxy.
 */
function useNoProxy(): void {
  Deno.env.set("NO_PROXY", "*,0.0.0.0/0,::/0");
}

/** Whether a dataset that was typed cannot be read, which is then said. */
async function isUnreadable(command: Command): Promise<boolean> {
  const { reportUnreadable } = await import("./commands/unreadable_dataset.ts");
  return reportUnreadable(command);
}

/** What has to be set for a command and is not; undefined if nothing is missing. */
function missingSetting(command: Command, config: Config): string | undefined {
  const { name } = command;
  const readsBack = name === "detokenize" || name === "restore";
  if (readsBack && !config.allowDetokenize) {
    return "ALLOW_DETOKENIZE: it must be true for tokens to be read back";
  }
  if (name === "history migrate" && config.history === undefined) {
    return `HISTORY_CONN_STR: it must be set for ${name}`;
  }
  const readsDatahub = name === "datahub plan" || name === "datahub sweep" ||
    (name === "verify" && command.tagged);
  if (readsDatahub && config.datahub === undefined) {
    return `DATAHUB_GMS_URL: it must be set for ${name === "verify" ? "--tagged" : name}`;
  }
  return undefined;
}

/** The command with what the machine allows, if it asks for that. */
function withMachine(command: TypedCommand): TypedCommand {
  if (command.name !== "doctor") return command;
  return { ...command, machine: findMachineFacts(() => Deno.openSync(Deno.execPath())) };
}

/** The command with the runs that its file asks for. Throws `ConfigError`. */
async function withRuns(command: Command, machine: ConfigSource): Promise<Command> {
  const verifies = command.name === "verify";
  if (!(verifies || "runs" in command) || command.file === undefined) return command;
  const { readPlanFile } = await import("./command_line/plan_file.ts");
  const defaults = verifies ? DEFAULT_RUN_OPTIONS : command.defaults;
  const runs = await readPlanFile(command.file, defaults, (path) => {
    return path === "-" ? readInput() : machine.file(path);
  });
  return verifies
    ? { ...command, datasets: runs.map(({ dataset }) => dataset) }
    : { ...command, runs };
}

/** The command with the URL of the action that is configured here, if it needs one and has none. */
function withUrl(command: TypedCommand, config: Config): Command {
  return "url" in command ? { ...command, url: command.url ?? ownUrl(config) } : command;
}

/** The URL at which an action with this configuration is reached from this machine. */
function ownUrl({ listen: { hostname, port } }: Config): string {
  const host = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${toAuthority(host, port)}`;
}

/** A failure outside of the sandbox. The message of a defect may contain anything, so it is not shown. */
function reportFailure(error: unknown): number {
  if (error instanceof UnwritableOutput) {
    printUnwritable(error);
    return 1;
  }
  if (error instanceof UnwritableReceipt) {
    printError(error.message);
    return 1;
  }
  if (error instanceof ConfigError) {
    for (const fault of error.faults) printError(faultLine(fault));
    return USAGE_EXIT_CODE;
  }
  const kind = error instanceof Error ? error.name : typeof error;
  printError(`unexpected ${kind}, a defect`);
  for (const frame of stackFrames(error)) writeError(`  ${oneLine(frame)}\n`);
  return 1;
}

Deno.exit(await main().catch(reportFailure));
