/** Runs that are kept: lists of a long history, and many clients that follow a run which stands still. */
import type { Sql } from "../servers/postgres/sql.ts";
import { openSql } from "../servers/postgres/sql.ts";
import type { BenchDatabase } from "./bench_database.ts";
import { markdownTable, percentile, progress, type Report } from "./figures.ts";
import { type BenchService, residentBytes, startBenchService } from "./service.ts";

const STREAMS = 1000;
/** How long the streams stand still while memory and processor time are measured. */
const IDLE_MS = 10_000;
const REQUESTS = 500;
const PAGE = 50;
const URN = (table: string) =>
  `urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.${table},PROD)`;

/** Measures with so many runs in the history, and reports tables. */
export async function benchRuns(
  { url, sql }: BenchDatabase,
  runs: number,
  report: Report,
): Promise<void> {
  const env = { PG_CONN_STR: url, HISTORY_CONN_STR: url, PG_LOCK_TIMEOUT_MS: "3600000" };
  await sql.unsafe("create table standing as select 1 as id, 'x' as v");
  {
    await using service = await startBenchService(env);
    await untilReady(service);
    await fillHistory(sql, runs);
  }
  await using service = await startBenchService(env);
  await untilReady(service);
  const emptyBytes = await residentBytes(service.pid);
  await using blocker = openSql(url);
  await blocker.unsafe("begin; lock table standing");
  const runId = await startRun(service);
  const streams = await openStreams(service, runId);
  progress(`${streams.length} streams stand still`);
  const idle = await measureIdle(service);
  report(markdownTable(["`tokenize serve`", "RSS", "processor time"], [
    [`${runs} runs in the history`, inMegabytes(emptyBytes), ""],
    [
      `and ${streams.length} idle event streams`,
      inMegabytes(idle.bytes),
      `${idle.percent.toFixed(1)} % of a core`,
    ],
  ]));
  const lines: string[][] = [];
  for (const [name, path] of await requestsOf(service, runId)) {
    progress(name);
    lines.push([name, ...await timed(new URL(path, service.url))]);
  }
  report(markdownTable([`with the streams, ${REQUESTS} requests each`, "median", "p99"], lines));
  for (const stream of streams) stream.close();
  await blocker.unsafe("rollback");
}

async function untilReady({ url }: BenchService): Promise<void> {
  while (!(await (await fetch(`${url}/readyz`)).text()).includes('"history":"reachable"')) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Ended runs as the program keeps them, of ten datasets, a minute after each other. */
async function fillHistory(sql: Sql, runs: number): Promise<void> {
  await sql.unsafe(`
    insert into tokenize_history.runs
      (run_id, owner, state, dataset_urn, created_at, finished_at, document)
    select id, 'gone', state, urn, at, at,
      json_build_object('run_id', id, 'state', state, 'dataset_urn', urn, 'platform', 'postgres',
        'table', 'bench.public.t' || n % 10, 'columns', json_build_array('email', 'phone'),
        'dry_run', false, 'cause', json_build_object('kind', 'http', 'actor', null),
        'progress', json_build_object('updated', 100, 'total', 100, 'rows_per_second', 5000),
        'created_at', shown, 'started_at', shown, 'finished_at', shown,
        'report', case when state = 'succeeded' then json_build_object('run_id', id,
          'dataset_urn', urn, 'platform', 'postgres', 'table', 'bench.public.t' || n % 10,
          'columns', json_build_array('email', 'phone'), 'dry_run', false, 'method', 'client',
          'updated', 100, 'skipped', 0, 'foreign', 0, 'elapsed_ms', 42) end,
        'problem', case when state <> 'succeeded' then json_build_object('status', 409,
          'title', 'Could not obtain a lock in time', 'detail', 'Cannot lock the table',
          'code', 'lock_timeout', 'run_id', id) end)
    from (
      select n, gen_random_uuid()::text as id, at,
        to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as shown,
        case when n % 20 = 0 then 'failed' when n % 50 = 1 then 'cancelled' else 'succeeded' end
          as state,
        'urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.t' || n % 10 || ',PROD)' as urn
      from generate_series(1, ${runs}) n, lateral (
        select date_trunc('milliseconds', now()) - n * interval '1 minute' as at
      ) times
    ) made`);
  await sql.unsafe("analyze tokenize_history.runs");
}

/** A run that waits for the table's lock. */
async function startRun({ url }: BenchService): Promise<string> {
  const response = await fetch(`${url}/trigger`, {
    method: "POST",
    headers: { "content-type": "application/json", prefer: "respond-async" },
    body: JSON.stringify({ dataset_urn: URN("standing"), columns: ["v"] }),
  });
  const { run_id: runId } = await response.json();
  return runId;
}

/** Connections that have asked for the events of the run, and have read the first. */
async function openStreams({ url }: BenchService, runId: string): Promise<Deno.Conn[]> {
  const { hostname, port } = new URL(url);
  const request = new TextEncoder().encode(
    `GET /runs/${runId}/events HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`,
  );
  const streams: Deno.Conn[] = [];
  while (streams.length < STREAMS) {
    const stream = await Deno.connect({ hostname, port: Number(port) });
    await stream.write(request);
    if (await stream.read(new Uint8Array(4096)) === null) throw new Error("no stream of events");
    streams.push(stream);
  }
  return streams;
}

async function measureIdle({ pid }: BenchService): Promise<{ bytes: number; percent: number }> {
  const before = await processorMs(pid);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const percent = (await processorMs(pid) - before) / IDLE_MS * 100;
  return { bytes: await residentBytes(pid), percent };
}

/** Processor time so far: user and system, which Linux counts in hundredths of a second. */
async function processorMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function requestsOf({ url }: BenchService, runId: string): Promise<[string, string][]> {
  const urn = encodeURIComponent(URN("t3"));
  let path = `/runs?limit=${PAGE}`;
  for (let page = 1; page < 100; page++) {
    const { next_cursor: cursor } = await (await fetch(url + path)).json();
    if (cursor === null) break;
    path = `/runs?limit=${PAGE}&cursor=${cursor}`;
  }
  return [
    [`\`GET /runs\`, ${PAGE} runs`, `/runs?limit=${PAGE}`],
    ["200 runs", "/runs?limit=200"],
    [`${PAGE} runs, the 100th page`, path],
    [`${PAGE} runs that failed`, `/runs?limit=${PAGE}&state=failed`],
    [`${PAGE} runs of a dataset`, `/runs?limit=${PAGE}&dataset_urn=${urn}`],
    [
      `${PAGE} runs of a dataset that succeeded`,
      `/runs?limit=${PAGE}&state=succeeded&dataset_urn=${urn}`,
    ],
    ["`GET /runs/{id}`", `/runs/${runId}`],
  ];
}

/** The median and the 99th percentile of requests that follow each other. */
async function timed(url: URL): Promise<string[]> {
  const times: number[] = [];
  for (let request = 0; request < REQUESTS; request++) {
    const startedMs = performance.now();
    const response = await fetch(url);
    await response.text();
    times.push(performance.now() - startedMs);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
  }
  return [0.5, 0.99].map((share) => `${percentile(times, share).toFixed(1)} ms`);
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
