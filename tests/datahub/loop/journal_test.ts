/** What a crash must not lose: a run that was committed and not reported, and a scrub that is due. */
import assert from "node:assert/strict";
import { until } from "../../../scripts/servers/until.ts";
import type { Report } from "../../../src/action/trigger.ts";
import { loadState, storeState } from "../../../src/datahub/gms/consumer_state.ts";
import { type Gms, openGms } from "../../../src/datahub/gms/gms.ts";
import { GmsError } from "../../../src/datahub/gms/gms_error.ts";
import { type ReportedRun, SILENT_REPORTER } from "../../../src/datahub/report/reporter.ts";
import { type OpenedLoop, openLoop } from "./open_loop.ts";

const CONSUMER = { consumer: "tokenize-action" };
const RUNS = { ...CONSUMER, resource: "tokenize-runs", schema: "TokenizeRuns" };
const SCRUBS = { ...CONSUMER, resource: "tokenize-scrubs", schema: "TokenizeScrubs" };

interface Told {
  readonly report: Report;
  readonly run: ReportedRun;
}

/** A reporter that remembers, and fails at first if it is told to. */
function rememberingReporter({ failures = 0 } = {}) {
  const told: Told[] = [];
  let left = failures;
  const done = (_subject: unknown, report: Report, run: ReportedRun) => {
    told.push({ report, run });
    if (left-- > 0) return Promise.reject(new GmsError("server_error", "it is a test"));
    return Promise.resolve();
  };
  return { told, reporter: { ...SILENT_REPORTER, done } };
}

function gmsOf({ datahub }: Pick<OpenedLoop, "datahub">): Gms {
  return openGms({ url: datahub.url, token: datahub.token });
}

type Place = Pick<OpenedLoop, "datahub">;

async function entriesOf<T>(place: Place, key: typeof RUNS): Promise<Readonly<Record<string, T>>> {
  const stored = await loadState(gmsOf(place), key) as { readonly entries: Record<string, T> };
  return stored?.entries ?? {};
}

const runsOf = (place: Place) => entriesOf<{ readonly run_id: string }>(place, RUNS);
const scrubsOf = (place: Place) => entriesOf<{ readonly scrubs: number }>(place, SCRUBS);

Deno.test("a run is in the journal from before it begins until it is reported", async () => {
  const { told, reporter } = rememberingReporter();
  await using opened = await openLoop({ reporter, before: ({ tag }) => tag({ column: "email" }) });
  const { runId } = await opened.untilObserved("run_started", ({ dryRun }) => !dryRun);
  await opened.untilReconciled();
  const writes = opened.datahub.requests.filter(({ body }) => body.includes("TokenizeRuns"));
  assert.match(writes[0]!.body, new RegExp(runId));
  assert.deepEqual(await runsOf(opened), {});
  assert.deepEqual(
    told.map(({ report, run }) => [report.run_id, report.updated, run.isRecovered]),
    [
      [runId, 100, false],
    ],
  );
});

Deno.test("a report that fails is made again, with the same id, counts and time", async () => {
  const { told, reporter } = rememberingReporter({ failures: 1 });
  await using opened = await openLoop({ reporter, before: ({ tag }) => tag({ column: "email" }) });
  await opened.untilReconciled();
  assert.equal(told.length, 2);
  const [first, second] = told.map(({ report, run }) => {
    return [report.run_id, report.updated, run.startedAtMs];
  });
  assert.deepEqual(first, second);
  assert.deepEqual(told.map(({ run }) => run.isRecovered), [false, false]);
});

Deno.test("a run that an earlier program committed and did not report is reported, not run again", async () => {
  const { told, reporter } = rememberingReporter();
  const begun = { run_id: "r-1", columns: ["email"], started_at_ms: 1764000000000, updated: 100 };
  await using opened = await openLoop({
    reporter,
    async before(place) {
      await storeState(gmsOf(place), RUNS, { entries: { [place.urn]: begun } });
      await place.database.sql`update customers
        set email = 'tok_' || encode(convert_to(email, 'utf8'), 'base64') || '_poc'`;
      place.tag({ column: "email" });
    },
  });
  await opened.untilReconciled();
  assert.deepEqual(
    told.map(({ report, run }) => ({ id: report.run_id, updated: report.updated, run })),
    [{ id: "r-1", updated: 100, run: { startedAtMs: 1764000000000, isRecovered: true } }],
  );
  assert.deepEqual(await runsOf(opened), {});
});

Deno.test("a run that was refused leaves nothing in the journal", async () => {
  const { told, reporter } = rememberingReporter();
  await using opened = await openLoop({
    reporter,
    async before({ database, tag }) {
      await database.sql.unsafe("alter table customers alter phone type varchar(20)");
      tag({ column: "phone" });
    },
  });
  assert.equal((await opened.untilReconciled()).code, "value_too_long");
  assert.deepEqual(await runsOf(opened), {});
  assert.deepEqual(told, []);
});

Deno.test("while old values remain that time clears, the dataset stays due for a scrub, across restarts", async () => {
  await using opened = await openLoop({
    async before({ database, tag }) {
      const holder = database.connect();
      await holder.unsafe("begin isolation level repeatable read; select 1 from customers");
      tag({ column: "email" });
    },
  });
  await opened.untilReconciled();
  await until(
    async () => (await scrubsOf(opened))[opened.urn]?.scrubs === 1,
    "no scrub is due",
  );
  const { due, running, later } = opened.loop.status();
  assert.deepEqual({ due, running, later }, { due: 0, running: 0, later: 1 });
});

Deno.test("a scrub that an earlier program left is done, and again until nothing remains", async () => {
  await using opened = await openLoop({
    async before(place) {
      const due = { scrubs: 3, due_at_ms: Date.now() - 1000 };
      await storeState(gmsOf(place), SCRUBS, { entries: { [place.urn]: due } });
      await place.database.sql`update customers
        set email = 'tok_' || encode(convert_to(email, 'utf8'), 'base64') || '_poc'`;
      place.tag({ column: "email" });
    },
  });
  await opened.untilObserved("dataset_reconciled", ({ outcome }) => outcome === "done");
  await opened.untilObserved("residue_found");
  await until(async () => Object.keys(await scrubsOf(opened)).length === 0, "still due");
});

Deno.test("a scrub waits for its time, whatever makes the dataset due before", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_SWEEP_INTERVAL: "1s" },
    async before(place) {
      const due = { scrubs: 1, due_at_ms: Date.now() + 3_600_000 };
      await storeState(gmsOf(place), SCRUBS, { entries: { [place.urn]: due } });
      await place.database.sql`update customers
        set email = 'tok_' || encode(convert_to(email, 'utf8'), 'base64') || '_poc'`;
      place.tag({ column: "email" });
    },
  });
  assert.equal((await opened.untilReconciled(opened.urn, 2)).outcome, "nothing_to_do");
  assert.equal((await scrubsOf(opened))[opened.urn]?.scrubs, 1);
  await until(() => opened.loop.status().later === 1, "it is not due later");
});
