/**
 * `make bench`: how far from the database's own limit is the action? A disposable Postgres, every
 * contender on a fresh copy of the table, taking turns, medians of three rounds.
 *
 *     scripts/deno.sh task bench [--rows 10000,100000,1000000] [--large] [--rounds 3]
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { startPostgres } from "../../tests/support/postgres_server.ts";
import {
  type Arena,
  type Contender,
  COUNT,
  type Outcome,
  REWRITES,
  SECOND_RUN,
} from "./contenders.ts";
import { markdownTable, median } from "./figures.ts";

/** Fixed, so that runs can be compared: nothing here favours one contender. */
const SETTINGS = {
  shared_buffers: "1GB",
  max_wal_size: "8GB",
  checkpoint_timeout: "30min",
  autovacuum: false,
  fsync: true,
  synchronous_commit: true,
  wal_compression: false,
};

interface Measured extends Outcome {
  readonly walBytes: number;
  readonly deadTuples: number;
  readonly valueBytes: number;
}

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    rows: { type: "string", default: "10000,100000,1000000" },
    rounds: { type: "string", default: "3" },
    large: { type: "boolean", default: false },
    index: { type: "boolean", default: true },
    only: { type: "string", default: "" },
  },
  allowNegative: true,
});
const sizes = [...options.rows!.split(",").map(Number), ...(options.large ? [5_000_000] : [])];
const program = fileURLToPath(new URL("../../dist/tokenize", import.meta.url));

await using server = await startPostgres({ durable: true, settings: SETTINGS });
const admin = postgres(server.url(), { max: 1 });
await admin`CREATE DATABASE bench`;
await admin.end();
const arena: Arena = { url: server.url("bench"), program };
const sql = postgres(arena.url, { max: 1, onnotice: () => {} });

console.log(
  `PostgreSQL ${server.version}, ${navigator.hardwareConcurrency} cores, ${
    Object.entries(SETTINGS).map(([name, value]) => `${name}=${value}`).join(", ")
  }`,
);
for (const rows of sizes) await benchSize(rows);
await sql.end();

async function benchSize(rows: number): Promise<void> {
  const contenders = REWRITES.filter(({ name }) =>
    name.includes(options.only!) || name.startsWith("limit")
  );
  const results = new Map<Contender, Measured[]>();
  const add = (contender: Contender, measured: Measured) => {
    results.set(contender, [...results.get(contender) ?? [], measured]);
  };
  await fillSource(rows);
  for (let round = 1; round <= Number(options.rounds); round++) {
    // the order turns, so that no contender always has the warm or the noisy place
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round - 1) % contenders.length]!;
      progress(`${rows} rows, round ${round}: ${contender.name}`);
      await freshCopy(Math.min(rows, contender.maxRows ?? rows));
      add(contender, await measure(contender));
    }
    await freshCopy(rows);
    await SECOND_RUN.run(arena);
    await sql`VACUUM ANALYZE people`;
    for (const contender of [COUNT, SECOND_RUN]) {
      progress(`${rows} rows, round ${round}: ${contender.name}`);
      add(contender, await measure(contender));
    }
  }
  progress("");
  printResults(rows, results);
}

async function fillSource(rows: number): Promise<void> {
  await sql`DROP TABLE IF EXISTS source`;
  await sql`
    CREATE UNLOGGED TABLE source AS
    SELECT n AS id, initcap(substr(md5(n::text), 1, 7)) || ' ' || initcap(substr(md5((n * 7)::text), 1, 9)) AS name,
      'user' || n || '@' || substr(md5((n % 1000)::text), 1, 8) || '.example.com' AS email
    FROM generate_series(1, ${rows}::int) n`;
}

async function freshCopy(rows: number): Promise<void> {
  await sql`DROP TABLE IF EXISTS people`;
  await sql`CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL)`;
  await sql`INSERT INTO people SELECT * FROM source LIMIT ${rows}`;
  if (options.index) await sql`CREATE INDEX ON people (email)`;
  await sql`VACUUM ANALYZE people`;
  await sql`CHECKPOINT`;
}

async function measure(contender: Contender): Promise<Measured> {
  const [before] = await sql`
    SELECT pg_current_wal_insert_lsn() AS lsn, sum(length(name) + length(email))::int8 AS bytes FROM people`;
  const outcome = await contender.run(arena);
  await sql`SELECT pg_stat_force_next_flush()`;
  const [after] = await sql`
    SELECT pg_current_wal_insert_lsn() - ${before!.lsn}::pg_lsn AS wal,
      (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'people') AS dead`;
  return {
    ...outcome,
    walBytes: Number(after!.wal),
    deadTuples: Number(after!.dead),
    valueBytes: Number(before!.bytes),
  };
}

function printResults(rows: number, results: ReadonlyMap<Contender, Measured[]>): void {
  const secondsPerRow = (each: Measured) => each.elapsedMs / 1000 / Math.max(1, each.rows);
  const limit = results.get(REWRITES[0]!)!;
  const lines = REWRITES.filter((each) => results.has(each)).map((contender) => {
    const runs = results.get(contender)!;
    const ratio = median(runs.map((run, i) => secondsPerRow(run) / secondsPerRow(limit[i]!)));
    const of = (read: (run: Measured) => number) => median(runs.map(read));
    return [
      contender.name,
      String(of((run) => run.rows)),
      (of((run) => run.elapsedMs) / 1000).toFixed(2),
      Math.round(of((run) => 1 / secondsPerRow(run))).toLocaleString("en-US"),
      of((run) => run.valueBytes / 1e3 / run.elapsedMs).toFixed(1),
      ratio.toFixed(2),
      runs[0]!.peakRssBytes === undefined
        ? ""
        : String(Math.round(of((run) => run.peakRssBytes! / 1e6))),
      String(Math.round(of((run) => run.walBytes / 1e6))),
      of((run) => run.deadTuples).toLocaleString("en-US"),
    ];
  });
  console.log(
    `\n## ${rows.toLocaleString("en-US")} rows, two text columns, primary key${
      options.index ? " and one index" : ""
    }\n`,
  );
  console.log(markdownTable(
    [
      "contender",
      "rows",
      "s",
      "rows/s",
      "MB/s",
      "to the limit",
      "peak RSS, MB",
      "WAL, MB",
      "dead tuples",
    ],
    lines,
  ));
  const [count, second] = [COUNT, SECOND_RUN].map((each) =>
    results.get(each)!.map((run) => run.elapsedMs)
  );
  const ratio = median(second!.map((each, i) => each / count![i]!));
  console.log(
    `\nNothing left to do: ${median(second!).toFixed(0)} ms, one count with the same guard ${
      median(count!).toFixed(0)
    } ms: ${ratio.toFixed(2)}`,
  );
}

function progress(text: string): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  else if (text !== "") console.error(text);
}
