/** The options that say which datasets a command is about. */
import type { Command as Parser } from "commander";
import type { DatasetArguments, RunRequests, VerifyCommand } from "../command.ts";
import { splitUrnList } from "../datahub/dataset_urn.ts";
import { type Options, parseRunOptions, readNumber } from "./options.ts";
import { readTypedUrn } from "./typed_urn.ts";

const MAX_PARALLEL = 8;

/** `--urn` and `--columns`: one dataset. */
export function addDataset(parser: Parser): Parser {
  return addDatasetOptions(parser, "", "; may be repeated");
}

/** `--urn` and `--columns`, as often as there are datasets. */
export function addDatasets(parser: Parser): Parser {
  return addDatasetOptions(parser, "; --urn and --columns may be repeated, in pairs", "");
}

function addDatasetOptions(parser: Parser, moreUrns: string, moreColumns: string): Parser {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return parser
    .requiredOption("--urn <urn>", `the dataset's URN, as DataHub writes it${moreUrns}`, collect)
    .requiredOption("--columns <names>", `the columns, separated by commas${moreColumns}`, collect);
}

/** `--urn` and `--columns`, in pairs, or `--tagged`. */
export function addVerified(parser: Parser): Parser {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return parser
    .option("--urn <urn>", "the dataset's URN; may be repeated, each with --columns", collect)
    .option("--columns <names>", "its columns, separated by commas", collect)
    .option("-f, --file <file>", "a file with many datasets instead, as for run")
    .option("--tagged", "every column that is tagged in DataHub, instead");
}

/** The datasets that were typed, or where they are found. */
export function parseVerified(
  options: Options,
  parser: Parser,
): Pick<VerifyCommand, "datasets" | "file" | "tagged"> {
  const { urn = [], columns = [], file, tagged = false } = options;
  const given = [urn.length + columns.length > 0, file !== undefined, tagged];
  if (given.filter(Boolean).length !== 1) {
    parser.error("error: either --urn and --columns are needed, or --file, or --tagged");
  }
  return { datasets: parseDatasets({ ...options, urn, columns }, parser), file, tagged };
}

/** `--urn` and `--columns`, or a file with many datasets. */
export function addDatasetOrFile(parser: Parser): Parser {
  const collect = (value: string, before: string[] = []) => [...before, value];
  const columns = "the columns, separated by commas; may be repeated";
  return parser
    .option("--urn <urn>", "the dataset's URN, as DataHub writes it", collect)
    .option("--columns <names>", columns, collect)
    .option("-f, --file <file>", "a file with many datasets instead (YAML; - is standard input)")
    .option("--parallel <number>", "how many of its datasets at once", (text) => {
      return readNumber("--parallel", text, MAX_PARALLEL, parser);
    }, 1);
}

/** The dataset that was typed, or the file. */
export function parseDatasetOrFile(options: Options, parser: Parser): RunRequests {
  const { file, urn, columns, parallel = 1 } = options;
  const defaults = parseRunOptions(options, parser);
  if (file !== undefined) {
    if (urn !== undefined || columns !== undefined) {
      parser.error("error: --file has the datasets, so there can be no --urn and --columns");
    }
    return { runs: [], file, defaults, parallel };
  }
  if (urn === undefined || columns === undefined) {
    const missing = urn === undefined ? "--urn <urn>" : "--columns <names>";
    parser.error(`error: required option '${missing}' not specified (or --file <file>)`);
  }
  if (parallel > 1) parser.error("error: --parallel needs --file");
  const dataset = parseDataset(options, parser);
  return { runs: [{ dataset, options: defaults }], file, defaults, parallel };
}

/** `--urn` and `--columns`, both or none. */
export function addAnyDataset(parser: Parser): Parser {
  const collect = (value: string, before: string[] = []) => [...before, value];
  return parser
    .option("--urn <urn>", "a dataset, whose rights are checked", collect)
    .option("--columns <names>", "its columns, separated by commas; may be repeated", collect);
}

/** The dataset, if one was typed. */
export function parseAnyDataset(options: Options, parser: Parser): DatasetArguments | undefined {
  const { urn, columns } = options;
  if ((urn === undefined) !== (columns === undefined)) {
    parser.error("error: --urn and --columns go together");
  }
  return urn === undefined ? undefined : parseDataset(options, parser);
}

/** The one dataset, with the columns of every `--columns`. */
export function parseDataset(
  { urn: urns = [], columns = [] }: Options,
  parser: Parser,
): DatasetArguments {
  const [urn, ...others] = urns;
  if (others.length > 0) parser.error("error: --urn may be given once only");
  return { urn: readTypedUrn(urn!), columns: parseNames(columns, parser) };
}

/** The datasets, each with the columns that were given at the same place. */
export function parseDatasets(
  { urn: urns = [], columns = [] }: Options,
  parser: Parser,
): DatasetArguments[] {
  if (urns.length !== columns.length) parser.error("error: each --urn needs its own --columns");
  return urns.map((urn, i) => ({
    urn: readTypedUrn(urn),
    columns: parseNames([columns[i]!], parser),
  }));
}

function parseNames(lists: readonly string[], parser: Parser): string[] {
  const names = lists.flatMap(splitUrnList);
  return names.length === 0 ? parser.error("error: --columns names no column") : names;
}
