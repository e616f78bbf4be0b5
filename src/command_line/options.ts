/** The options of the command line, and how their texts are read. */
import { Argument, type Command as Parser, Option } from "commander";
import { type DetokenizeCommand, type KeysCommand, type Shell, SHELLS } from "../command.ts";
import { parseQualifiedName } from "./qualified_name.ts";
import { KEY_ALGORITHMS, KEY_ID } from "../tokens/keyed/key_set.ts";
import {
  COMMIT_MODES,
  DEFAULT_RUN_OPTIONS,
  MAX_CONNECTIONS,
  MAX_ROWS_PER_SECOND,
  type RunOptions,
  STRATEGIES,
} from "../run_options.ts";

const KEYED_SDKS = Object.values(KEY_ALGORITHMS).map(({ mode }) => mode);
const OUTPUT_FORMATS = ["json", "table"] as const;

/** The options as the parser gives them. Those that a command does not have are never read. */
export interface Options extends Partial<RunOptions> {
  readonly urn?: readonly string[];
  readonly columns?: readonly string[];
  readonly parallel?: number;
  readonly showShapes?: boolean;
  readonly from: string;
  readonly url?: string;
  readonly platform?: string;
  readonly dataset?: string;
  readonly column?: string;
  readonly yes?: boolean;
  readonly quiet?: boolean;
  readonly tagged?: boolean;
  readonly receipt?: string;
  readonly file?: string;
  readonly files?: readonly string[];
  readonly key?: string;
  readonly shell?: Shell;
  readonly sdk?: string;
  readonly id?: string;
  readonly json: boolean;
  readonly output?: (typeof OUTPUT_FORMATS)[number];
}

/** `--commit`. */
export function addCommit(parser: Parser): Parser {
  const commit = new Option("--commit <mode>", "what is all or nothing: the run, or each batch");
  return parser.addOption(commit.choices(COMMIT_MODES).default(DEFAULT_RUN_OPTIONS.commit));
}

/** `--show-shapes`. */
export function addShowShapes(parser: Parser): Parser {
  return parser.option("--show-shapes", "read some values, and show what they look like, masked");
}

/** `--receipt`. */
export function addReceipt(parser: Parser): Parser {
  return parser.option("--receipt <file>", "write a receipt, which RECEIPT_KEY_FILE signs");
}

/** Files of receipts, and `--key`. */
export function addReceiptFiles(parser: Parser): Parser {
  return parser
    .argument("<files...>", "receipts, one a file or one a line")
    .requiredOption("--key <pub>", "the file of the Ed25519 public key, in PEM");
}

/** `--dry-run`. */
export function addDryRun(parser: Parser): Parser {
  return parser.option("--dry-run", "count what would change, and change nothing");
}

/** `--dry-run`, `--commit` and `--scrub`. */
export function addRunOptions(parser: Parser): Parser {
  return addCommit(addDryRun(parser))
    .option("--scrub", "clear the old values that the run leaves elsewhere, as far as allowed");
}

/** `--strategy`. */
export function addStrategy(parser: Parser): Parser {
  const strategy = new Option("--strategy <how>", "update rows, or rewrite the whole table");
  return parser.addOption(strategy.choices(STRATEGIES).default(DEFAULT_RUN_OPTIONS.strategy));
}

/** `--connections` and `--rows-per-second`. */
export function addPace(parser: Parser): Parser {
  return parser.option(
    "--connections <number>",
    "how many connections write at once; needs --commit batches",
    (text) => readNumber("--connections", text, MAX_CONNECTIONS, parser),
  ).option(
    "--rows-per-second <number>",
    "the most rows to write in a second",
    (text) => readNumber("--rows-per-second", text, MAX_ROWS_PER_SECOND, parser),
  );
}

/** A whole number from 1 to `max`, or a usage error. */
export function readNumber(option: string, text: string, max: number, parser: Parser): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= max) return number;
  return parser.error(`error: ${option} is not a whole number from 1 to ${max}`);
}

/** How a run is done, with the default for each option that was not given. */
export function parseRunOptions(options: Options, parser: Parser): RunOptions {
  if (options.connections !== undefined && options.commit !== "batches") {
    parser.error("error: --connections needs --commit batches");
  }
  return {
    dryRun: options.dryRun ?? DEFAULT_RUN_OPTIONS.dryRun,
    commit: options.commit ?? DEFAULT_RUN_OPTIONS.commit,
    strategy: options.strategy ?? DEFAULT_RUN_OPTIONS.strategy,
    scrub: options.scrub ?? DEFAULT_RUN_OPTIONS.scrub,
    connections: options.connections,
    rowsPerSecond: options.rowsPerSecond,
  };
}

/** `--url`. */
export function addUrl(parser: Parser): Parser {
  return parser.option(
    "--url <url>",
    "where the action runs (default: HOST and PORT on this machine)",
    (text) => {
      const url = URL.parse(text);
      if (!/^https?:$/.test(url?.protocol ?? "")) {
        parser.error("error: --url is not a URL such as http://localhost:8080");
      }
      // it would be printed, and the action does not accept it
      if (url?.username || url?.password) {
        parser.error("error: --url must not contain a user or a password");
      }
      return text;
    },
  );
}

/** `--from`. */
export function addFrom(parser: Parser): Parser {
  return parser.requiredOption(
    "--from <key|sdk>",
    "the id of the key, or the SDK, that made the tokens",
  );
}

/** `--platform`, `--dataset` and `--column`. */
export function addTokenContext(parser: Parser): Parser {
  return parser
    .option("--platform <name>", "the platform that TOKEN_CONTEXT bound the tokens to")
    .option("--dataset <name>", "the dataset (a.b.c, names with dots in double quotes)")
    .option("--column <name>", "the column");
}

/** What TOKEN_CONTEXT bound the tokens to. */
export function parseTokenContext(
  { platform, dataset, column }: Options,
  parser: Parser,
): Pick<DetokenizeCommand, "platform" | "dataset" | "column"> {
  if ((platform === undefined) !== (dataset === undefined)) {
    parser.error("error: --platform and --dataset go together");
  }
  if (column !== undefined && dataset === undefined) {
    parser.error("error: --column needs --platform and --dataset");
  }
  const parts = dataset === undefined ? undefined : parseQualifiedName(dataset);
  if (dataset !== undefined && parts === undefined) {
    parser.error("error: --dataset is not a name of the form a.b.c");
  }
  return { platform, dataset: parts, column };
}

/** The key file. */
export function addKeyFile(parser: Parser): Parser {
  return parser.argument("[file]", "the key file (default: TOKEN_KEYS_FILE)");
}

/** `--sdk` and `--id`. */
export function addNewKey(parser: Parser): Parser {
  const sdk = new Option("--sdk <sdk>", "what the key is for (default: aes-siv, or as the file's)");
  return parser
    .addOption(sdk.choices(KEYED_SDKS))
    .option("--id <id>", "its id, which is part of each token (default: such as 2026a)", (id) => {
      if (KEY_ID.test(id)) return id;
      return parser.error("error: --id is not 1 to 16 letters, digits and hyphens");
    });
}

/** The key file, and what a new key is to be. */
export function parseKeys({ file, sdk, id, json }: Options): Omit<KeysCommand, "name"> {
  return { file, sdk, id, json };
}

/** The shell. */
export function addShell(parser: Parser): Parser {
  return parser.addArgument(new Argument("<shell>", "the shell").choices(SHELLS));
}

/** `--yes`. */
export function addYes(parser: Parser): Parser {
  return parser.option("--yes", "write dummy tokens without asking, as without a terminal");
}

/** `--json` and `--output`, for a command that prints text otherwise. */
export function addJsonLines(parser: Parser): Parser {
  const output = new Option("--output <format>", "print text, or JSON");
  return parser
    .option("--json", "print each line as a JSON string")
    .addOption(output.choices(OUTPUT_FORMATS).conflicts("json"));
}

/** `--json` and `--output`. */
export function addJson(parser: Parser): Parser {
  const output = new Option("--output <format>", "print a table, or JSON");
  return parser
    .option("--json", "print JSON (the default unless printing to a terminal)")
    .addOption(output.choices(OUTPUT_FORMATS).conflicts("json"));
}
