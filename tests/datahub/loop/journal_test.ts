/** What a crash must not lose: a run that was committed and not reported, and a scrub that is due. */
import assert from "node:assert/strict";
import { until } from "../../../scripts/servers/until.ts";
import type { Report } from "../../../src/action/trigger.ts";
import { loadState, storeState } from "../../../src/datahub/gms/consumer_state.ts";
import { type Gms, openGms } from "../../../src/datahub/gms/gms.ts";
import { GmsError } from "../../../src/datahub/gms/gms_error.ts";
import { type ReportedRun, SILENT_REPORTER } from "../../../src/datahub/report/reporter.ts";
import { type OpenedLoop, openLoop } from "./open_loop.ts";

const JOURNAL = {
  consumer: "tokenize-action",
  resource: "tokenize-journal",
  schema: "TokenizeJournal",
};

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

async function journalOf(opened: Pick<OpenedLoop, "datahub">) {
  return await loadState(gmsOf(opened), JOURNAL) as {
    readonly runs: Readonly<Record<string, { readonly run_id: string }>>;
    readonly scrubs: Readonly<Record<string, { readonly scrubs: number }>>;
  };
}

Deno.test("a run is in the journal from before it begins until it is reported", async () => {
  const { told, reporter } = rememberingReporter();
  await using opened = await openLoop({ reporter, before: ({ tag }) => tag({ column: "email" }) });
  const { runId } = await opened.untilObserved("run_started", ({ dryRun }) => !dryRun);
  await opened.untilReconciled();
  const writes = opened.datahub.requests.filter(({ body }) => body.includes("TokenizeJournal"));
  assert.match(writes[0]!.body, new RegExp(runId));
  assert.deepEqual((await journalOf(opened)).runs, {});
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
      await storeState(gmsOf(place), JOURNAL, { runs: { [place.urn]: begun }, scrubs: {} });
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
  assert.deepEqual((await journalOf(opened)).runs, {});
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
  assert.deepEqual((await journalOf(opened))?.runs ?? {}, {});
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
    async () => (await journalOf(opened)).scrubs[opened.urn]?.scrubs === 1,
    "no scrub is due",
  );
  assert.equal(opened.loop.status().due, 1);
});

Deno.test("a scrub that an earlier program left is done, and again until nothing remains", async () => {
  await using opened = await openLoop({
    async before(place) {
      const due = { scrubs: 3, due_at_ms: Date.now() - 1000 };
      await storeState(gmsOf(place), JOURNAL, { runs: {}, scrubs: { [place.urn]: due } });
      await place.database.sql`update customers
        set email = 'tok_' || encode(convert_to(email, 'utf8'), 'base64') || '_poc'`;
      place.tag({ column: "email" });
    },
  });
  const { outcome } = await opened.untilReconciled();
  assert.equal(outcome, "done");
  await opened.untilObserved("residue_found");
  await until(async () => Object.keys((await journalOf(opened)).scrubs).length === 0, "still due");
});
