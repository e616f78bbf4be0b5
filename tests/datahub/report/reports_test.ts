/** What is reported to DataHub: by the loop, on a real database, to the stand-in. */
import assert from "node:assert/strict";
import { SCHEMAS } from "../../../scripts/servers/datahub/graphql_api.ts";
import { until } from "../../../scripts/servers/until.ts";
import { APPROVED, PII } from "../loop/labels.ts";
import { type OpenedLoop, openLoop } from "../loop/open_loop.ts";

const DONE = "urn:li:tag:Tokenized";
const ROWS = 100;

function operations({ datahub, urn }: OpenedLoop) {
  return datahub.metadata.valuesOf(urn, "operation");
}

function incidents({ datahub }: OpenedLoop) {
  return [...datahub.metadata.entities.values()]
    .flatMap(({ incidentInfo }) => incidentInfo === undefined ? [] : [incidentInfo]);
}

function stateOf(opened: OpenedLoop): string {
  return (incidents(opened)[0]?.status as { readonly state: string }).state;
}

function hasDoneTag({ datahub, urn }: OpenedLoop, column: string): boolean {
  return datahub.metadata.hasLabel({ dataset: urn, column, label: DONE });
}

for (const age of SCHEMAS) {
  Deno.test(`a run is an operation in DataHub, and its columns are tagged (${age} server)`, async () => {
    await using opened = await openLoop({
      graphql: { age },
      before({ tag }) {
        tag({ column: "email" });
        tag({ column: "phone" });
      },
    });
    const runId = (await opened.untilObserved("run_finished", ({ dryRun }) => !dryRun)).runId;
    assert.equal((await opened.untilReconciled()).outcome, "done");
    const [operation, another] = operations(opened);
    assert.equal(another, undefined);
    const { timestampMillis, customProperties, ...rest } = operation!;
    assert.deepEqual(rest, {
      operationType: "CUSTOM",
      customOperationType: "TOKENIZE",
      sourceType: "DATA_PROCESS",
      numAffectedRows: ROWS,
      partition: runId,
    });
    assert.ok(Math.abs(Date.now() - Number(timestampMillis)) < 3_600_000);
    const facts = (customProperties as { key: string; value: string }[])
      .map(({ key, value }) => [key, value]);
    assert.deepEqual(Object.fromEntries(facts), {
      run_id: runId,
      columns: "email, phone",
      skipped: "0",
      foreign: "0",
      method: "pushdown",
      token_sdk: "dummy",
    });
    assert.deepEqual(["id", "email", "phone"].filter((each) => hasDoneTag(opened, each)), [
      "email",
      "phone",
    ]);
    assert.deepEqual(opened.datahub.metadata.entities.get(DONE)?.tagProperties, {
      name: "Tokenized",
    });
  });

  Deno.test(`a refusal is an incident, raised once and resolved after the cause (${age} server)`, async () => {
    await using opened = await openLoop({
      graphql: { age },
      env: { DATAHUB_SWEEP_INTERVAL: "1s" },
      async before({ database, tag }) {
        await database.sql.unsafe("alter table customers alter phone type varchar(20)");
        tag({ column: "phone" });
      },
    });
    await opened.untilReconciled(opened.urn, 3);
    const [incident, another] = incidents(opened);
    assert.equal(another, undefined);
    assert.equal(incident?.customType, "TOKENIZATION");
    assert.match(String(incident?.description), /^Cannot .*phone.*\(error code value_too_long, /);
    assert.deepEqual(incident?.status, { state: "ACTIVE" });
    assert.equal(hasDoneTag(opened, "phone"), false);
    await opened.database.sql.unsafe("alter table customers alter phone type text");
    await until(() => stateOf(opened) === "RESOLVED", "the incident is not resolved");
    assert.equal(incidents(opened).length, 1);
  });
}

Deno.test("a column is tagged by its path in the schema, in version 2 of the format, too", async () => {
  const path = "[version=2.0].[type=string].email";
  await using opened = await openLoop({
    before({ datahub, urn, tag }) {
      datahub.metadata.addDataset(urn, ["[version=2.0].[type=int].id", path]);
      tag({ column: path });
    },
  });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  assert.equal(hasDoneTag(opened, path), true);
});

Deno.test("a column that holds plain values again loses the tag", async () => {
  await using opened = await openLoop({
    mode: "approve",
    env: { DATAHUB_SWEEP_INTERVAL: "1s" },
    before({ tag }) {
      tag({ column: "email" });
      tag({ column: "email", label: APPROVED });
    },
  });
  await opened.untilReconciled();
  assert.equal(hasDoneTag(opened, "email"), true);
  const { metadata } = opened.datahub;
  metadata.unlabel({ dataset: opened.urn, column: "email", label: APPROVED });
  await opened.database.sql`insert into customers (name, email) values ('n', 'canary@example.com')`;
  await until(() => !hasDoneTag(opened, "email"), "the tag is still there");
});

Deno.test("an incident names the newest reason, and ends when the tag is taken off", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_SWEEP_INTERVAL: "1s" },
    async before({ database, tag }) {
      await database.sql.unsafe("alter table customers alter phone type varchar(20)");
      tag({ column: "phone" });
    },
  });
  await until(() => incidents(opened).length === 1, "there is no incident");
  await opened.database.sql.unsafe("alter table customers rename phone to telephone");
  await until(
    () => /column_not_found/.test(String(incidents(opened)[0]?.description)),
    "the incident has the old reason",
  );
  const { metadata } = opened.datahub;
  metadata.unlabel({ dataset: opened.urn, column: "phone", label: PII });
  await until(() => stateOf(opened) === "RESOLVED", "the incident is not resolved");
  assert.equal(incidents(opened).length, 1);
});

Deno.test("a dataset outside the allow-list is no incident: another program may have it", async () => {
  await using opened = await openLoop({
    env: { ALLOWED_DATASETS: "urn:li:dataset:(urn:li:dataPlatform:postgres,elsewhere.*" },
    before: ({ tag }) => tag({ column: "email" }),
  });
  assert.equal((await opened.untilReconciled()).code, "dataset_not_allowed");
  assert.deepEqual(incidents(opened), []);
});

Deno.test("what DATAHUB_REPORT does not name is not reported", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_REPORT: "tag" },
    before: ({ tag }) => tag({ column: "email" }),
  });
  await opened.untilReconciled();
  assert.deepEqual(operations(opened), []);
  assert.equal(hasDoneTag(opened, "email"), true);
});

Deno.test("a report that fails leaves the run done, keeps no other back and is sent again", async () => {
  await using opened = await openLoop({
    before({ datahub, tag }) {
      datahub.metadata.privileges.delete("EDIT_ENTITY_OPERATIONS");
      tag({ column: "email" });
    },
  });
  const { kind, fault } = await opened.untilObserved("datahub_report_failed");
  assert.deepEqual({ kind, fault }, { kind: "operation", fault: "forbidden" });
  await until(() => hasDoneTag(opened, "email"), "the tag is missing");
  assert.deepEqual(await opened.tokenized("email"), ["email"]);
  await until(() => opened.loop.status().failed.length === 1, "it is not due again");
  assert.equal(
    opened.loop.status().failed[0]?.detail,
    "Cannot report to DataHub: a privilege is missing",
  );
  assert.match(
    String(opened.loop.status().problem),
    /^Cannot report to DataHub: operation: a privilege is missing$/,
  );
  opened.datahub.metadata.privileges.add("EDIT_ENTITY_OPERATIONS");
  await until(() => operations(opened).length > 0, "the operation is missing");
  assert.equal(operations(opened)[0]?.numAffectedRows, ROWS);
  await until(() => opened.loop.status().problem === null, "the problem is still there");
  const runs = opened.observations.filter((each) => each.event === "run_started" && !each.dryRun);
  assert.equal(runs.length, 1, "the table is left alone while its report is sent again");
});

Deno.test("observing puts no tag on a column and reports no operation", async () => {
  await using opened = await openLoop({
    mode: "observe",
    before: ({ tag }) => tag({ column: "email" }),
  });
  assert.equal((await opened.untilReconciled()).outcome, "observed");
  assert.deepEqual(operations(opened), []);
  assert.equal(hasDoneTag(opened, "email"), false);
});

Deno.test("a kind of report that the server does not support is named, and the others are sent", async () => {
  await using opened = await openLoop({
    graphql: { age: "older", without: ["upsertCustomAssertion", "batchAddTags"] },
    env: { DATAHUB_REPORT: "operation,tag,assertion" },
    before: ({ tag }) => tag({ column: "email" }),
  });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  assert.equal(operations(opened).length, 1);
  assert.equal(hasDoneTag(opened, "email"), true, "one by one");
  assert.equal(
    opened.loop.status().problem,
    'Cannot report to DataHub: assertion: this version has no "upsertCustomAssertion"',
  );
});

Deno.test("a server that hides its schema is taken to have everything", async () => {
  await using opened = await openLoop({
    graphql: { hidesSchema: true },
    before: ({ tag }) => tag({ column: "email" }),
  });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  assert.equal(operations(opened).length, 1);
  assert.equal(hasDoneTag(opened, "email"), true);
});

Deno.test("a failure that passes is no incident, and one that stays is", async () => {
  await using opened = await openLoop({
    env: { PG_LOCK_TIMEOUT_MS: "100" },
    before: ({ tag }) => tag({ column: "email" }),
  });
  await opened.untilReconciled();
  await using locked = opened.database.connect();
  await locked.unsafe("begin; lock table customers in access exclusive mode");
  opened.tag({ column: "phone" });
  const failures = () =>
    opened.observations.filter((each) =>
      each.event === "dataset_reconciled" && each.code === "lock_timeout"
    ).length;
  await until(() => failures() === 2, "it does not fail twice");
  assert.deepEqual(incidents(opened), []);
  await until(() => incidents(opened).length === 1, "there is no incident");
  assert.match(
    String(incidents(opened)[0]?.description),
    /lock_timeout.*tried again automatically/,
  );
});

Deno.test("a refusal that cannot be reported keeps its reason in the status", async () => {
  await using opened = await openLoop({
    async before({ datahub, database, tag }) {
      datahub.metadata.privileges.delete("EDIT_ENTITY_INCIDENTS");
      await database.sql.unsafe("alter table customers alter phone type varchar(20)");
      tag({ column: "phone" });
    },
  });
  assert.equal((await opened.untilReconciled()).code, "value_too_long");
  await until(() => opened.loop.status().failed.length === 1, "the report is not tried again");
  const { refused, failed } = opened.loop.status();
  assert.deepEqual(refused.map(({ code }) => code), ["value_too_long"]);
  assert.deepEqual(failed.map(({ detail }) => detail), [
    "Cannot report to DataHub: a privilege is missing",
  ]);
});
