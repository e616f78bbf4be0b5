/**
 * `make bench`: how far from the database's own limit is the action, on this machine?
 *
 *     scripts/deno.sh task bench [--parts start,small,bulk,sdks,databricks,vault]
 *       [--rows 10000,100000,1000000] [--large] [--rounds 3] [--no-index] [--only CONTENDER]
 *
 * The part `databricks` wants Java 17, and fetches Spark once; `vault` wants Python 3, and fetches
 * OpenBao once. They are measured only if they are named.
 */
import { parseArgs } from "node:util";
import { openBenchDatabase } from "./bench_database.ts";
import { benchBulk } from "./bulk.ts";
import { benchDatabricks } from "./databricks.ts";
import { benchSdks } from "./sdks.ts";
import { benchSmallWork } from "./small_work.ts";
import { benchStart } from "./start.ts";
import { benchVault } from "./vault.ts";

const PARTS = ["start", "small", "bulk", "sdks", "databricks", "vault"];

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    parts: { type: "string", default: "start,small,bulk,sdks" },
    rows: { type: "string", default: "10000,100000,1000000" },
    rounds: { type: "string", default: "3" },
    large: { type: "boolean", default: false },
    index: { type: "boolean", default: true },
    only: { type: "string", default: "" },
  },
  allowNegative: true,
});
const parts = options.parts!.split(",");
const unknown = parts.find((part) => !PARTS.includes(part));
if (unknown !== undefined) {
  console.error(`bench: there is no part "${unknown}" (have: ${PARTS.join(", ")})`);
  Deno.exit(2);
}

if (parts.includes("start")) await benchStart();
if (["small", "bulk", "sdks"].some((part) => parts.includes(part))) {
  await using database = await openBenchDatabase();
  if (parts.includes("small")) await benchSmallWork(database);
  if (parts.includes("bulk")) {
    await benchBulk(database, {
      sizes: [...options.rows!.split(",").map(Number), ...(options.large ? [5_000_000] : [])],
      rounds: Number(options.rounds),
      index: options.index!,
      only: options.only!,
    });
  }
  if (parts.includes("sdks")) {
    const rows = Math.max(...options.rows!.split(",").map(Number));
    await benchSdks(database, { rows, rounds: Number(options.rounds) });
  }
}
if (parts.includes("databricks")) {
  await benchDatabricks({
    sizes: options.rows!.split(",").map(Number),
    rounds: Number(options.rounds),
  });
}
if (parts.includes("vault")) {
  const rows = Math.max(...options.rows!.split(",").map(Number));
  await benchVault({ rows, rounds: Number(options.rounds) });
}
