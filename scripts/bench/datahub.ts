/**
 * The DataHub loop under load: a sweep that finds many tagged datasets, and a burst of events about a few.
 * DataHub is the stand-in, on the same machine.
 */
import { type DatahubServer, startDatahub } from "../servers/datahub/datahub_server.ts";
import type { BenchDatabase } from "./bench_database.ts";
import { markdownTable, progress, type Report } from "./figures.ts";
import { type BenchService, residentBytes, startBenchService } from "./service.ts";

const ROWS = 10;
/** How many datasets the burst of events is about. */
const DATASETS_OF_BURST = 100;
const PII = "urn:li:tag:PII";
const INTERVAL_MS = 200;
/** So often in a row nothing is due: events of the last poll would be, by then. */
const IDLE_TIMES = 25;

/** What happens at what cost. */
interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** What of `GET /datahub/status` is read. */
interface Status {
  readonly due: number;
  readonly running: number;
  readonly last_sweep_at: string | null;
}

/** Measures with so many datasets, and as many events, and reports a table. */
export async function benchDatahub(
  database: BenchDatabase,
  count: number,
  report: Report,
): Promise<void> {
  await using datahub = startDatahub();
  await makeTables(database, datahub, count);
  const env = {
    PG_CONN_STR: database.url,
    ALLOWED_DATASETS: "*",
    DATAHUB_GMS_URL: datahub.url,
    DATAHUB_GMS_TOKEN: datahub.token,
    DATAHUB_TAGS: PII,
    DATAHUB_MODE: "run",
  };
  const phases: Phase[] = [];
  for (const name of ["first sweep: every dataset has a run", "second sweep: nothing is left"]) {
    await using service = await startBenchService(env);
    phases.push(await phase(name, service));
  }
  await using service = await startBenchService(env);
  await untilIdle(service, () => {});
  phases.push(
    await phase(
      `${count} events on ${DATASETS_OF_BURST} datasets, each with a new row`,
      service,
      async () => {
        for (let i = 0; i < DATASETS_OF_BURST; i++) {
          await database.sql.unsafe(`insert into t${i} values (${ROWS + 1}, 'somebody new')`);
        }
        for (let i = 0; i < count; i++) {
          const dataset = urnOf(i % DATASETS_OF_BURST);
          datahub.metadata.label({ dataset, column: "email", label: PII });
        }
      },
    ),
  );
  progress("");
  const table = markdownTable(
    ["what", "s", "peak memory, MB"],
    phases.map(({ name, seconds, peakBytes }) => [
      name,
      seconds.toFixed(0),
      (peakBytes / 1e6).toFixed(0),
    ]),
  );
  report(`### ${count} tagged datasets of ${ROWS} rows\n\n${table}`);
}

async function makeTables(
  { sql }: BenchDatabase,
  { metadata }: DatahubServer,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (i % 1000 === 0) progress(`${i} of ${count} tables`);
    await sql.unsafe(
      `create table t${i} as select id, 'somebody ' || id as email from generate_series(1, ${ROWS}) id`,
    );
    metadata.addDataset(urnOf(i), ["id", "email"]);
    metadata.label({ dataset: urnOf(i), column: "email", label: PII, place: "schemaMetadata" });
  }
}

function urnOf(i: number): string {
  return `urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.t${i},PROD)`;
}

/** Does something, and measures until the service has nothing left to do. */
async function phase(
  name: string,
  service: BenchService,
  cause: () => Promise<void> | void = () => {},
): Promise<Phase> {
  const startedMs = performance.now();
  await cause();
  let peakBytes = 0;
  await untilIdle(service, async ({ due }) => {
    progress(`${name}: ${due} due`);
    peakBytes = Math.max(peakBytes, await residentBytes(service.pid));
  });
  const seconds = (performance.now() - startedMs - IDLE_TIMES * INTERVAL_MS) / 1000;
  return { name, seconds, peakBytes };
}

/** Resolves when a sweep was finished, and nothing has been due for a while. */
async function untilIdle(
  { url }: BenchService,
  watch: (status: Status) => Promise<void> | void,
): Promise<void> {
  for (let idleTimes = 0; idleTimes < IDLE_TIMES;) {
    const response = await fetch(new URL("/datahub/status", url));
    const status: Status = await response.json();
    await watch(status);
    const isIdle = status.last_sweep_at !== null && status.due + status.running === 0;
    idleTimes = isIdle ? idleTimes + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
