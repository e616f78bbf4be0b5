/**
 * Small work: a trigger that finds nothing to do, and one that tokenizes 100 rows, beside the bare
 * round trip to the same server. How many round trips a trigger makes is counted on the wire.
 */
import { openSql } from "../servers/postgres/sql.ts";
import type { BenchDatabase } from "./bench_database.ts";
import { markdownTable, percentile, progress, type Report } from "./figures.ts";
import { startRelay } from "./relay.ts";
import { type BenchService, residentBytes, startBenchService } from "./service.ts";

const TRIGGERS = 500;
const ROWS = 100;
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.small,PROD)";
const TRIGGER = { dataset_urn: URN, columns: ["name", "email"] };
/** One way to the database of another room. */
const DISTANCE_MS = 1;

/** One way to the work, and the times it took. */
interface Way {
  readonly name: string;
  readonly roundTrips: number;
  readonly timesMs: readonly number[];
}

/** Measures, and reports a table for the server at hand, and one as if it were further away. */
export async function benchSmallWork(database: BenchDatabase, report: Report): Promise<void> {
  await makeTable(database);
  for (const distanceMs of [0, DISTANCE_MS]) {
    const ways = await measure(database, distanceMs);
    const bare = percentile(ways[0]!.timesMs, 0.5);
    const where = distanceMs === 0 ? "the server at hand" : `a server ${distanceMs} ms away`;
    const head = ["what", "round trips", "p50, ms", "p99, ms", "p50 to the bare one"];
    const table = markdownTable(
      head,
      ways.map(({ name, roundTrips, timesMs }) => {
        const [p50, p99] = [percentile(timesMs, 0.5), percentile(timesMs, 0.99)];
        return [name, `${roundTrips}`, p50.toFixed(2), p99.toFixed(2), (p50 / bare).toFixed(1)];
      }),
    );
    report(`### ${TRIGGERS} triggers on ${ROWS} rows, ${where}\n\n${table}`);
  }
  report(await measureMemory(database));
}

/** What the first trigger costs in memory, which loads the driver and the token SDK. */
async function measureMemory(database: BenchDatabase): Promise<string> {
  await using service = await startBenchService({ PG_CONN_STR: database.url });
  const sizes = [await residentBytes(service.pid)];
  for (let i = 0; i < 2; i++) {
    await refill(database);
    await trigger(service, ROWS);
    sizes.push(await residentBytes(service.pid));
  }
  const [before, first, second] = sizes.map((bytes) => `${(bytes / 1e6).toFixed(0)} MB`);
  return `Resident memory of the service: ${before} before the first trigger, ${first} after it, ` +
    `${second} after the second.`;
}

async function makeTable({ sql }: BenchDatabase): Promise<void> {
  await sql`DROP TABLE IF EXISTS small`;
  await sql`CREATE TABLE small (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL)`;
  await sql`
    INSERT INTO small SELECT n, 'name ' || n, 'user' || n || '@example.org'
    FROM generate_series(1, ${ROWS}::int) n`;
  await sql`CREATE TABLE small_source AS TABLE small`;
  await sql`VACUUM ANALYZE small`;
}

async function measure(database: BenchDatabase, distanceMs: number): Promise<Way[]> {
  await using relay = startRelay(database.server.port, distanceMs);
  const url = new URL(database.url);
  url.port = String(relay.port);
  const sql = openSql(url.href);
  const ways: Way[] = [];
  const time = async (name: string, work: () => Promise<unknown>, prepare = async () => {}) => {
    for (let i = 0; i < 20; i++) await prepare().then(work);
    await prepare();
    const before = relay.roundTrips();
    await work();
    const roundTrips = relay.roundTrips() - before;
    const timesMs: number[] = [];
    for (let i = 1; i <= TRIGGERS; i++) {
      if (i % 100 === 0) progress(`${name}: ${i} of ${TRIGGERS}`);
      await prepare();
      const startMs = performance.now();
      await work();
      timesMs.push(performance.now() - startMs);
    }
    ways.push({ name, roundTrips, timesMs });
  };
  await time("bare round trip: SELECT 1", () => sql`SELECT 1`);
  for (const [way, PUSHDOWN] of [["pushdown", "true"], ["client", "false"]] as const) {
    const env = { PG_CONN_STR: url.href, PUSHDOWN };
    await using service = await startBenchService(env);
    await time(`nothing to do, ${way}`, () => trigger(service, 0), () => trigger(service));
    await time(`${ROWS} rows, ${way}`, () => trigger(service, ROWS), () => refill(database));
  }
  await sql.end();
  progress("");
  return ways;
}

async function trigger({ url }: BenchService, updated?: number): Promise<void> {
  const response = await fetch(`${url}/trigger`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(TRIGGER),
  });
  const answer = await response.json();
  if (!response.ok || (updated ?? answer.updated) !== answer.updated) {
    throw new Error(`The trigger was answered with ${JSON.stringify(answer)}`);
  }
}

/** The values again, and no dead rows. */
async function refill({ sql }: BenchDatabase): Promise<void> {
  await sql`TRUNCATE small`;
  await sql`INSERT INTO small TABLE small_source`;
}
