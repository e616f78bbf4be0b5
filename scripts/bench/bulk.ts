/**
 * The bulk path beside the database's own limit: every contender on a fresh copy of the table,
 * taking turns, medians of the rounds.
 */
import { openSql } from "../servers/postgres/sql.ts";
import type { BenchDatabase } from "./bench_database.ts";
import { CLIENT, COUNT, REWRITES, ROW_BY_ROW, SECOND_RUN } from "./contenders.ts";
import type { Contender, Outcome } from "./contender.ts";
import { markdownTable, median, progress, type Report } from "./figures.ts";
import { serverCpuSeconds } from "./process_watch.ts";

/** How much is measured. */
export interface BulkOptions {
  /** Sizes of the table, in rows. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Whether there is an index beside the primary key's. */
  readonly index: boolean;
  /** Only contenders whose name holds this, beside the limit. */
  readonly only: string;
}

interface Measured extends Outcome {
  readonly walBytes: number;
  readonly deadTuples: number;
  readonly valueBytes: number;
  /** The size of the table before, without its indexes. */
  readonly tableBytes: number;
  /** Processor time of the server, in seconds. */
  readonly serverCpuSeconds: number;
  /** The share of the time in which the server worked for the contender, and did not wait for it. */
  readonly busyShare: number;
}

type Results = ReadonlyMap<Contender, readonly Measured[]>;

/** Measures, and reports a table for each size, and how the sizes compare. */
export async function benchBulk(
  database: BenchDatabase,
  options: BulkOptions,
  report: Report,
): Promise<void> {
  const all = new Map<number, Results>();
  for (const rows of options.sizes) {
    const results = await benchSize(database, rows, options);
    all.set(rows, results);
    const indexes = `primary key${options.index ? " and one index" : ""}`;
    report(`### ${rows.toLocaleString("en-US")} rows, two text columns, ${indexes}`);
    report(rewritesTable(results));
    report(secondRunLine(results) + rowByRowLine(results));
  }
  const growth = growthTable(all);
  if (growth !== undefined) report(growth);
}

async function benchSize(
  database: BenchDatabase,
  rows: number,
  { rounds, index, only }: BulkOptions,
): Promise<Results> {
  const contenders = REWRITES.filter(({ name }) =>
    name.includes(only) || name.startsWith("limit:")
  );
  const results = new Map<Contender, Measured[]>();
  const run = async (contender: Contender, round: number) => {
    progress(`${rows} rows, round ${round}: ${contender.name}`);
    const measured = await measure(database, contender);
    if (measured === undefined) return;
    results.set(contender, [...results.get(contender) ?? [], measured]);
  };
  await fillSource(database, rows);
  for (let round = 1; round <= rounds; round++) {
    // the order turns, so that no contender always has the warm or the noisy place
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round - 1) % contenders.length]!;
      await freshCopy(database, Math.min(rows, contender.maxRows ?? rows), index);
      await run(contender, round);
    }
    await freshCopy(database, rows, index);
    await SECOND_RUN.run(database);
    await database.sql`VACUUM ANALYZE people`;
    for (const contender of [COUNT, SECOND_RUN]) await run(contender, round);
  }
  progress("");
  return results;
}

/** Makes the rows that every copy is made of. */
export async function fillSource({ sql }: BenchDatabase, rows: number): Promise<void> {
  await sql`DROP TABLE IF EXISTS source`;
  await sql`
    CREATE UNLOGGED TABLE source AS
    SELECT n AS id, initcap(substr(md5(n::text), 1, 7)) || ' ' || initcap(substr(md5((n * 7)::text), 1, 9)) AS name,
      'user' || n || '@' || substr(md5((n % 1000)::text), 1, 8) || '.example.com' AS email
    FROM generate_series(1, ${rows}::int) n`;
}

/** Makes the table again, with that many rows. */
export async function freshCopy(
  { sql }: BenchDatabase,
  rows: number,
  index: boolean,
): Promise<void> {
  await sql`DROP TABLE IF EXISTS people`;
  await sql`CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL)`;
  await sql`INSERT INTO people SELECT * FROM source LIMIT ${rows}`;
  if (index) await sql`CREATE INDEX ON people (email)`;
  await sql`VACUUM ANALYZE people`;
  await sql`CHECKPOINT`;
}

async function measure(
  database: BenchDatabase,
  contender: Contender,
): Promise<Measured | undefined> {
  const { sql } = database;
  const [before] = await sql`
    SELECT pg_current_wal_insert_lsn() AS lsn, sum(length(name) + length(email))::int8 AS bytes,
      pg_table_size('people') AS table_bytes FROM people`;
  const cpuBefore = await serverCpuSeconds(database.server);
  const watched = watchServer(database);
  const outcome = await contender.run(database);
  const busyShare = await watched.end();
  const serverCpu = await serverCpuSeconds(database.server) - cpuBefore;
  if (outcome === undefined) return undefined;
  await sql`SELECT pg_stat_force_next_flush()`;
  const [after] = await sql`
    SELECT pg_current_wal_insert_lsn() - ${before!.lsn}::pg_lsn AS wal,
      (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'people') AS dead`;
  return {
    ...outcome,
    walBytes: Number(after!.wal),
    deadTuples: Number(after!.dead),
    valueBytes: Number(before!.bytes),
    tableBytes: Number(before!.table_bytes),
    serverCpuSeconds: serverCpu,
    busyShare,
  };
}

/** Looks every few milliseconds whether a connection to the database works or waits for its client. */
function watchServer({ url }: BenchDatabase): { end: () => Promise<number> } {
  const sql = openSql(url);
  let looks = 0;
  let busy = 0;
  let watching = true;
  const watch = async () => {
    while (watching) {
      const [look] = await sql`
        SELECT bool_or(state <> 'idle') AS begun,
          bool_or(state = 'active' AND wait_event_type IS DISTINCT FROM 'Client') AS busy
        FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
      if (look!.begun) looks++;
      if (look!.busy) busy++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await sql.end();
  };
  const watched = watch();
  return {
    async end() {
      watching = false;
      await watched;
      return looks === 0 ? 1 : busy / looks;
    },
  };
}

function rewritesTable(results: Results): string {
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
      of((run) => run.tableBytes / 1e3 / run.elapsedMs).toFixed(1),
      ratio.toFixed(2),
      of((run) => run.serverCpuSeconds).toFixed(2),
      runs[0]!.process === undefined ? "" : of((run) => run.process!.cpuSeconds).toFixed(2),
      `${(100 * of((run) => run.busyShare)).toFixed(0)} %`,
      runs[0]!.process === undefined
        ? ""
        : String(Math.round(of((run) => run.process!.peakRssBytes / 1e6))),
      String(Math.round(of((run) => run.walBytes / 1e6))),
      of((run) => run.deadTuples).toLocaleString("en-US"),
    ];
  });
  const head = ["contender", "rows", "s", "rows/s", "values, MB/s", "table, MB/s", "to the limit"];
  const took = ["server CPU, s", "its own CPU, s", "server busy", "peak RSS, MB"];
  return markdownTable([...head, ...took, "WAL, MB", "dead tuples"], lines);
}

function rowByRowLine(results: Results): string {
  const [plain, client] = [ROW_BY_ROW, CLIENT].map((each) => results.get(each));
  if (plain === undefined || client === undefined) return "";
  const ratio = median(plain.map((run, i) => secondsPerRow(run) / secondsPerRow(client[i]!)));
  return ` One UPDATE a row takes ${
    ratio.toFixed(0)
  } times as long for each row as the client path.`;
}

function secondRunLine(results: Results): string {
  const [count, second] = [COUNT, SECOND_RUN].map((each) =>
    results.get(each)!.map((run) => run.elapsedMs)
  );
  const ratio = median(second!.map((each, i) => each / count![i]!));
  const [secondMs, countMs] = [second!, count!].map((each) => median(each).toFixed(0));
  return `With nothing left to do a run takes ${secondMs} ms, ${
    ratio.toFixed(2)
  } times one count ` +
    `with the same guard (${countMs} ms).`;
}

/** Time per row, and memory, of each contender on the largest table beside a smaller one. */
function growthTable(all: ReadonlyMap<number, Results>): string | undefined {
  const sizes = [...all.keys()];
  const [small, large] = [sizes.find((rows) => rows >= 100_000), sizes.at(-1)];
  if (small === undefined || large === undefined || small === large) return undefined;
  const lines = REWRITES.filter((each) => {
    return all.get(small)!.has(each) && each.maxRows === undefined;
  }).map((contender) => {
    const [few, many] = [small, large].map((rows) => all.get(rows)!.get(contender)!);
    const growth = (read: (run: Measured) => number) =>
      (median(many!.map(read)) / median(few!.map(read))).toFixed(2);
    const memory = few![0]!.process === undefined ? "" : growth((run) => run.process!.peakRssBytes);
    return [contender.name, growth(secondsPerRow), memory];
  });
  const [to, from] = [large, small].map((rows) => rows.toLocaleString("en-US"));
  const table = markdownTable(["contender", "time per row", "peak RSS"], lines);
  return `### ${to} rows beside ${from}\n\n${table}`;
}

function secondsPerRow({ elapsedMs, rows }: Outcome): number {
  return elapsedMs / 1000 / Math.max(1, rows);
}
