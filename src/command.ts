/** What the command line asks of the sandbox: one command, as plain data, since it is sent there. */
import type { RunOptions } from "./run_options.ts";

/** The shells that there is completion for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** A dataset and its columns, as given on the command line. */
export interface DatasetArguments {
  readonly urn: string;
  readonly columns: readonly string[];
}

/** A run as it was asked for: of which dataset, and how. */
export interface RunRequest {
  readonly dataset: DatasetArguments;
  readonly options: RunOptions;
}

/** Several runs. */
export interface RunRequests {
  readonly runs: readonly RunRequest[];
  /** The file that has them, with what `defaults` it leaves open; undefined if one was typed. */
  readonly file: string | undefined;
  readonly defaults: RunOptions;
  /** How many are done at once. */
  readonly parallel: number;
}

/** Runs the action: an HTTP server. */
export interface ServeCommand {
  readonly name: "serve";
}

/** Tokenizes datasets once, without a server. */
export interface RunCommand extends RunRequests {
  readonly name: "run";
  /** Where receipts go; undefined if none are wanted. */
  readonly receipt?: string | undefined;
  /** Dummy tokens are written without a question. */
  readonly yes: boolean;
  /** No progress is shown. */
  readonly quiet: boolean;
  /** Results are printed as JSON, not as a table. */
  readonly json: boolean;
}

/** Finds out what runs would do, and what stands in their way. */
export interface PlanCommand extends RunRequests {
  readonly name: "plan";
  readonly showShapes: boolean;
  readonly json: boolean;
}

/** Checks all that a run depends on, and changes nothing. */
export interface DoctorCommand {
  readonly name: "doctor";
  /** Whose rights are checked; undefined for none. */
  readonly dataset: DatasetArguments | undefined;
  /** What the machine allows; undefined until it was found out. */
  readonly machine: MachineFacts | undefined;
  readonly json: boolean;
}

/** What the machine or container allows the program. */
export interface MachineFacts {
  /** How many more files and connections may be open at once, as far as that was tried. */
  readonly openFiles: number;
}

/** Replaces the tokens of an older key or SDK once, without a server. */
export interface RotateCommand {
  readonly name: "rotate";
  readonly dataset: DatasetArguments;
  readonly options: RunOptions;
  /** The SDK, or the id of the key, that made the tokens. */
  readonly from: string;
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Turns tokens back into values once, without a server. */
export interface RestoreCommand extends RunRequest {
  readonly name: "restore";
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Asks a running action to tokenize a dataset. */
export interface TriggerCommand<Url> {
  readonly name: "trigger";
  readonly url: Url;
  readonly dataset: DatasetArguments;
  readonly options: RunOptions;
  readonly json: boolean;
}

/** Asks a running action to tokenize each dataset twice. */
export interface SmokeCommand<Url> {
  readonly name: "smoke";
  readonly url: Url;
  readonly datasets: readonly DatasetArguments[];
  readonly json: boolean;
}

/** Asks a running action whether it is up. */
export interface HealthcheckCommand<Url> {
  readonly name: "healthcheck";
  readonly url: Url;
}

/** Reads tokens back from standard input. */
export interface DetokenizeCommand {
  readonly name: "detokenize";
  /** What the tokens are bound to; undefined if they are not. */
  readonly platform: string | undefined;
  /** The dataset's name, part by part. */
  readonly dataset: readonly string[] | undefined;
  readonly column: string | undefined;
  readonly json: boolean;
}

/** Makes the tokens of values from standard input. */
export interface TokenCommand extends Omit<DetokenizeCommand, "name"> {
  readonly name: "token";
}

/** Lists what `current`, the word that is being typed after `--columns`, may become. */
export interface CompleteColumnsCommand {
  readonly name: "complete-columns";
  readonly urn: string;
  readonly current: string;
}

/** Checks, reading only, that columns hold nothing but tokens. */
export interface VerifyCommand {
  readonly name: "verify";
  readonly datasets: readonly DatasetArguments[];
  /** The file that has them; undefined if they were typed. */
  readonly file: string | undefined;
  /** Whether they are those that are tagged in DataHub. */
  readonly tagged: boolean;
  /** Where the receipt goes; undefined if none is wanted. */
  readonly receipt: string | undefined;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Checks receipts with a public key. */
export interface ReceiptVerifyCommand {
  readonly name: "receipt verify";
  readonly files: readonly string[];
  /** The file of the public key. */
  readonly key: string;
  readonly json: boolean;
}

/** Counts, for each tagged dataset in DataHub, what would be done, and changes nothing. */
export interface DatahubPlanCommand {
  readonly name: "datahub plan";
  readonly json: boolean;
}

/** Deals with each tagged dataset in DataHub once, as DATAHUB_MODE says. */
export interface DatahubSweepCommand {
  readonly name: "datahub sweep";
  readonly yes: boolean;
  readonly json: boolean;
}

/** Brings the schema of the history to this program's version. */
export interface HistoryMigrateCommand {
  readonly name: "history migrate";
  readonly json: boolean;
}

/** Asks a running action how far it follows DataHub. */
export interface DatahubStatusCommand<Url> {
  readonly name: "datahub status";
  readonly url: Url;
  readonly json: boolean;
}

/** One command. `Url` is where the running action is, for those that ask one. */
export type Command<Url = string> =
  | ServeCommand
  | RunCommand
  | PlanCommand
  | DoctorCommand
  | RotateCommand
  | RestoreCommand
  | TriggerCommand<Url>
  | SmokeCommand<Url>
  | HealthcheckCommand<Url>
  | DetokenizeCommand
  | TokenCommand
  | CompleteColumnsCommand
  | VerifyCommand
  | DatahubPlanCommand
  | DatahubSweepCommand
  | DatahubStatusCommand<Url>
  | HistoryMigrateCommand;

/** A command as it was typed: without `--url`, the action is the one that is configured here. */
export type TypedCommand = Command<string | undefined>;

/** A command that starts no sandbox. */
export type OutsideCommand =
  | PermissionsCommand
  | ConfigCheckCommand
  | KeysCommand
  | ReceiptVerifyCommand
  | CompletionCommand;

/** Prints what the sandbox of `serve` would be given. */
export interface PermissionsCommand {
  readonly name: "permissions";
  readonly json: boolean;
}

/** Prints which settings are in use and where they come from, or what is wrong with them. */
export interface ConfigCheckCommand {
  readonly name: "config check";
  readonly json: boolean;
}

/** Makes or looks after the key file. */
export interface KeysCommand {
  readonly name: "keys new" | "keys add" | "keys list" | "keys check";
  /** The file's path; undefined for the one that TOKEN_KEYS_FILE names. */
  readonly file: string | undefined;
  /** The SDK that a new key is for; undefined for the usual one. */
  readonly sdk: string | undefined;
  /** The id of a new key; undefined for one that is free. */
  readonly id: string | undefined;
  readonly json: boolean;
}

/** Whether it is about the key file, and so needs no settings. */
export function isKeysCommand(command: TypedCommand | OutsideCommand): command is KeysCommand {
  return command.name.startsWith("keys ");
}

/** Prints what makes a shell complete the command line. */
export interface CompletionCommand {
  readonly name: "completion";
  readonly shell: Shell;
}
