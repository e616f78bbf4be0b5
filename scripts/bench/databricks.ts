/**
 * The ways to the work on the stand-in warehouse, real Spark with Delta on this machine: one UPDATE by
 * the SDK's expression, with a key or without, MERGEs of tokens made in the client, and a statement a
 * row.
 */
import { hmacJwk, jwkSet } from "../servers/test_keys.ts";
import { jdbcUrl } from "../servers/warehouse/environment.ts";
import { withoutHmac } from "../servers/warehouse/faults.ts";
import { startWarehouse, type Warehouse } from "../servers/warehouse/mod.ts";
import { missingPrerequisite } from "../servers/warehouse/spark/prerequisites.ts";
import { runProgram } from "./contenders.ts";
import { markdownTable, median, progress, type Report } from "./figures.ts";

/** Smaller tables say more of Spark's start of a statement than of the work. */
const LEAST_ROWS = 100_000;
/** A statement a row takes about a second each. */
const ROW_BY_ROW = 20;
const TABLE = "spark_catalog.default.people";
const URN = `urn:li:dataset:(urn:li:dataPlatform:databricks,${TABLE},PROD)`;

const SECRET_SCOPE = "bench";
const KEY_ID = "h1";
const HMAC = { TOKEN_SDK_MODE: "hmac-sha256", DBX_SECRET_SCOPE: SECRET_SCOPE };
const IN_CLIENT = { PUSHDOWN: "false" };

/** One way to the work. */
interface Way {
  readonly name: string;
  /** At most so many rows are given to it. */
  readonly maxRows?: number;
  /** Gives how long it took, in milliseconds. */
  run(warehouse: Warehouse, rows: number): Promise<number>;
}

const WAYS: readonly Way[] = [
  { name: "ours: pushdown", run: ours({}) },
  { name: "ours: pushdown, hmac-sha256", run: ours(HMAC) },
  { name: "the same, without hmac()", run: composed(HMAC) },
  { name: "ours: client, MERGE", run: ours(IN_CLIENT) },
  { name: "ours: client, hmac-sha256", run: ours({ ...HMAC, ...IN_CLIENT }) },
  { name: "one UPDATE a row", maxRows: ROW_BY_ROW, run: rowByRow },
];

/** How much is measured. */
export interface DatabricksOptions {
  /** Sizes of the table, in rows; small ones are left out. */
  readonly sizes: readonly number[];
  readonly rounds: number;
}

/** Measures, and reports a table for each size. Prints the reason if the stand-in cannot run. */
export async function benchDatabricks(
  { sizes, rounds }: DatabricksOptions,
  report: Report,
): Promise<void> {
  const missing = await missingPrerequisite();
  if (missing !== undefined) return console.log(`\nDatabricks: not measured, ${missing}`);
  await using warehouse = await startWarehouse({ tell: progress });
  await makeKey(warehouse);
  for (const rows of sizes.filter((each) => each >= LEAST_ROWS)) {
    const times = new Map<Way, number[]>(WAYS.map((way) => [way, []]));
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < WAYS.length; i++) {
        const way = WAYS[(i + round) % WAYS.length]!;
        progress(`Databricks, ${rows} rows, round ${round + 1}: ${way.name}`);
        const given = Math.min(rows, way.maxRows ?? rows);
        await freshTable(warehouse, given);
        times.get(way)!.push(await way.run(warehouse, given) / given);
      }
    }
    progress("");
    report(table(rows, times));
  }
}

function table(rows: number, times: ReadonlyMap<Way, readonly number[]>): string {
  const [first] = times.values();
  const title = `### ${rows.toLocaleString("en-US")} rows, 10 % distinct values`;
  const figures = markdownTable(
    ["way", "rows", "s", "rows/s", "to pushdown"],
    [...times].map(([way, each]) => {
      const given = Math.min(rows, way.maxRows ?? rows);
      const msPerRow = median(each);
      return [
        way.name,
        String(given),
        (msPerRow * given / 1000).toFixed(2),
        Math.round(1000 / msPerRow).toLocaleString("en-US"),
        median(each.map((ms, i) => ms / first![i]!)).toFixed(2),
      ];
    }),
  );
  return `${title}\n\n${figures}`;
}

async function freshTable({ control }: Warehouse, rows: number): Promise<void> {
  const distinct = Math.max(1, rows / 10);
  await control.sql(
    `DROP TABLE IF EXISTS ${TABLE}`,
    `CREATE TABLE ${TABLE} USING delta AS SELECT id, concat('Name ', md5(string(id % ${distinct}))) AS name,
      concat('user', id % ${distinct}, '@', substr(md5(string(id % ${distinct} % 97)), 1, 8), '.example.com') AS email
      FROM range(${rows})`,
  );
}

/** The program, with these settings. */
function ours(settings: Readonly<Record<string, string>>): Way["run"] {
  return async (warehouse, rows) => {
    const { report } = await runProgram(["run", "--urn", URN, "--columns", "name,email"], {
      DBX_JDBC_URL: jdbcUrl(warehouse.address),
      DENO_CERT: warehouse.address.caFile,
      TOKEN_KEYS_FILE: keyFile(warehouse),
      ...settings,
    });
    if (report.updated !== rows) throw new Error(`It updated ${report.updated} rows, not ${rows}`);
    return report.elapsed_ms;
  };
}

/** The same on a warehouse that is older than the function `hmac`. */
function composed(settings: Readonly<Record<string, string>>): Way["run"] {
  return async (warehouse, rows) => {
    const id = await warehouse.control.addFault(withoutHmac());
    const elapsedMs = await ours(settings)(warehouse, rows);
    await warehouse.control.removeFault(id);
    return elapsedMs;
  };
}

function keyFile({ directory }: Warehouse): string {
  return `${directory}/keys.json`;
}

/** Puts a key into a file for the program, and into a secret scope for the warehouse. */
async function makeKey(warehouse: Warehouse): Promise<void> {
  const key = await hmacJwk(KEY_ID);
  await Deno.writeTextFile(keyFile(warehouse), jwkSet(key), { mode: 0o600 });
  await warehouse.control.putSecret(SECRET_SCOPE, `tokenize-hmac-${KEY_ID}`, key.k as string);
}

async function rowByRow({ control }: Warehouse, rows: number): Promise<number> {
  const token = (column: string) => `'tok_' || base64(encode(${column}, 'UTF-8')) || '_poc'`;
  const startMs = performance.now();
  const set = `name = ${token("name")}, email = ${token("email")}`;
  const statements = Array.from(
    { length: rows },
    (_, id) => `UPDATE ${TABLE} SET ${set} WHERE id = ${id}`,
  );
  await control.sql(...statements);
  return performance.now() - startMs;
}
