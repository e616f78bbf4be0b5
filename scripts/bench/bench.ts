/**
 * `make bench`: how far from the database's own limit is the action, on this machine?
 *
 *     scripts/deno.sh task bench [--parts start,small,bulk,sdks,runs,databricks,vault,datahub]
 *       [--datasets 10000] [--runs 10000]
 *       [--rows 10000,100000,1000000] [--large] [--rounds 3] [--no-index] [--only CONTENDER]
 *       [--write]
 *
 * The part `databricks` needs Java 17, and fetches Spark once; `vault` needs Python 3, and fetches
 * OpenBao once; `datahub` takes long. They are measured only if they are named.
 *
 * With `--write` each part's figures replace those in docs/performance.md as soon as they are there.
 */
import { parseArgs } from "node:util";
import { provenance, updatePage } from "../measured_page.ts";
import { type BenchDatabase, openBenchDatabase } from "./bench_database.ts";
import { benchBulk } from "./bulk.ts";
import { benchDatahub } from "./datahub.ts";
import { benchDatabricks } from "./databricks.ts";
import type { Report } from "./figures.ts";
import { PERFORMANCE_PAGE } from "./performance_page.ts";
import { benchRuns } from "./runs.ts";
import { benchSdks } from "./sdks.ts";
import { benchSmallWork } from "./small_work.ts";
import { benchStart } from "./start.ts";
import { benchVault } from "./vault.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    parts: { type: "string", default: "start,small,bulk,sdks,runs" },
    rows: { type: "string", default: "10000,100000,1000000" },
    rounds: { type: "string", default: "3" },
    datasets: { type: "string", default: "10000" },
    runs: { type: "string", default: "10000" },
    large: { type: "boolean", default: false },
    index: { type: "boolean", default: true },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
  allowNegative: true,
});
const sizes = options.rows!.split(",").map((each) => countOf("rows", each));
const rows = Math.max(...sizes);
const rounds = countOf("rounds", options.rounds!);
const runs = countOf("runs", options.runs!);
const datasets = countOf("datasets", options.datasets!);
const bulk = {
  sizes: options.large ? [...sizes, 5_000_000] : sizes,
  rounds,
  index: options.index!,
  only: options.only!,
};

/** How each part is measured, in the order in which they are. */
const PARTS: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  start: benchStart,
  small: (report) => onPostgres(report, (database) => benchSmallWork(database, report)),
  bulk: (report) => onPostgres(report, (database) => benchBulk(database, bulk, report)),
  sdks: (report) => onPostgres(report, (database) => benchSdks(database, { rows, rounds }, report)),
  runs: (report) => onPostgres(report, (database) => benchRuns(database, runs, report)),
  databricks: (report) => benchDatabricks({ sizes, rounds }, report),
  vault: (report) => benchVault({ rows, rounds }, report),
  datahub: (report) => onPostgres(report, (database) => benchDatahub(database, datasets, report)),
};

const wanted = options.parts!.split(",");
const unknown = wanted.find((part) => !Object.hasOwn(PARTS, part));
if (unknown !== undefined) {
  console.error(`bench: there is no part "${unknown}" (have: ${Object.keys(PARTS).join(", ")})`);
  Deno.exit(2);
}
for (const [part, measure] of Object.entries(PARTS)) {
  if (!wanted.includes(part)) continue;
  const texts: string[] = [];
  const report = (markdown: string) => {
    console.log(`\n${markdown}`);
    texts.push(markdown);
  };
  report(await provenance(commandOf(part)));
  await measure(report);
  if (options.write && texts.length > 1) {
    await updatePage(PERFORMANCE_PAGE, new Map([[part, texts.join("\n\n")]]));
  }
}

/** The number that an option is set to. Ends the program if it is none. */
function countOf(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  console.error(`bench: --${name} must be whole numbers above 0, such as 10000, not "${text}"`);
  Deno.exit(2);
}

async function onPostgres(
  report: Report,
  measure: (database: BenchDatabase) => Promise<void>,
): Promise<void> {
  await using database = await openBenchDatabase();
  report(database.description);
  await measure(database);
}

/** How to measure this part alone in the same way. */
function commandOf(part: string): string {
  const others = Deno.args.filter((arg, i) =>
    arg !== "--write" && !arg.startsWith("--parts") && Deno.args[i - 1] !== "--parts"
  );
  return ["deno task bench --parts", part].concat(others).join(" ");
}
