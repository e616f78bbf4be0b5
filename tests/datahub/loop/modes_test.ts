/** Nothing is written unless the tag, the allow-list and the mode all say so. */
import assert from "node:assert/strict";
import { urnOf } from "../../support/action_fixture.ts";
import { APPROVED } from "./labels.ts";
import { openLoop } from "./open_loop.ts";

const COLUMNS = ["name", "email", "phone"];

Deno.test("observe counts and writes nothing, even if a column is approved", async () => {
  await using opened = await openLoop({
    mode: "observe",
    before({ tag }) {
      tag({ column: "email" });
      tag({ column: "email", label: APPROVED });
    },
  });
  await opened.database.assertUnchanged("customers", async () => {
    assert.equal((await opened.untilReconciled()).outcome, "observed");
  });
  const runs = opened.observations.filter(({ event }) => event === "run_started");
  assert.deepEqual(runs.map((each) => "dryRun" in each && each.dryRun), [true]);
});

Deno.test("approve tokenizes what is approved, and the rest once it is approved, too", async () => {
  await using opened = await openLoop({
    mode: "approve",
    before({ tag }) {
      tag({ column: "email" });
      tag({ column: "phone" });
      tag({ column: "phone", label: APPROVED });
      tag({ column: "name", label: APPROVED });
    },
  });
  assert.equal((await opened.untilReconciled()).outcome, "waiting_for_approval");
  assert.deepEqual(await opened.tokenized(...COLUMNS), ["phone"], "a column needs both tags");
  assert.deepEqual(opened.loop.status().waiting_for_approval, [opened.urn]);
  opened.tag({ column: "email", label: APPROVED });
  assert.equal((await opened.untilReconciled(opened.urn, 2)).outcome, "done");
  assert.deepEqual(await opened.tokenized(...COLUMNS), ["email", "phone"]);
  assert.deepEqual(opened.loop.status().waiting_for_approval, []);
});

Deno.test("an approved column that is done is not run again while another one waits", async () => {
  await using opened = await openLoop({
    mode: "approve",
    before({ tag }) {
      tag({ column: "phone" });
      tag({ column: "phone", label: APPROVED });
    },
  });
  await opened.untilReconciled();
  opened.tag({ column: "email" });
  await opened.untilReconciled(opened.urn, 2);
  const runs = opened.observations.filter((each) => each.event === "run_started" && !each.dryRun);
  assert.equal(runs.length, 1);
});

Deno.test("a tag that is taken off again before its turn comes cancels the run", async () => {
  await using opened = await openLoop();
  await opened.untilObserved("datahub_sweep_finished");
  opened.tag({ column: "email" });
  opened.datahub.metadata.unlabel({
    dataset: opened.urn,
    column: "email",
    label: "urn:li:tag:PII",
  });
  assert.equal((await opened.untilReconciled()).outcome, "untagged");
  assert.deepEqual(await opened.tokenized(...COLUMNS), []);
});

Deno.test("a tag does not reach a dataset that the allow-list does not have", async () => {
  await using opened = await openLoop({
    async before({ database, datahub, tag }) {
      await database.sql.unsafe(
        "create schema hr; create table hr.staff (id int primary key, email text); " +
          "insert into hr.staff values (1, 'canary')",
      );
      const urn = urnOf(`${database.name}.hr.staff`);
      datahub.metadata.addDataset(urn, ["id", "email"]);
      tag({ dataset: urn, column: "email" });
    },
  });
  const urn = urnOf(`${opened.database.name}.hr.staff`);
  const { outcome, code } = await opened.untilReconciled(urn);
  assert.deepEqual({ outcome, code }, { outcome: "refused", code: "dataset_not_allowed" });
  assert.equal((await opened.database.valuesOf("hr.staff", "email"))[0], "canary");
  assert.equal(opened.loop.status().refused[0]?.code, "dataset_not_allowed");
  assert.ok(!opened.observations.some(({ event }) => event === "run_started"));
});

Deno.test("a sweep finds new values in a column that was done before", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_SWEEP_INTERVAL: "1s" },
    before: ({ tag }) => tag({ column: "email" }),
  });
  await opened.untilReconciled();
  await opened.database.sql`insert into customers (name, email) values ('n', 'canary@example.com')`;
  await opened.untilObserved("run_finished", ({ dryRun, updated }) => !dryRun && updated === 1);
  assert.deepEqual(await opened.tokenized("email"), ["email"]);
});

Deno.test("one dataset that cannot be tokenized does not keep the others waiting", async () => {
  await using opened = await openLoop({
    before({ datahub, database, tag }) {
      const urn = urnOf(`${database.name}.public.missing`);
      datahub.metadata.addDataset(urn, ["email"]);
      tag({ dataset: urn, column: "email" });
      tag({ column: "email" });
    },
  });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  const missing = urnOf(`${opened.database.name}.public.missing`);
  const { outcome, code } = await opened.untilReconciled(missing);
  assert.deepEqual({ outcome, code }, { outcome: "refused", code: "table_not_found" });
});

Deno.test("columns of a table that are tagged within two seconds are one run", async () => {
  await using opened = await openLoop();
  await opened.untilObserved("datahub_sweep_finished");
  for (const column of COLUMNS) opened.tag({ column });
  await opened.untilReconciled();
  const runs = opened.observations.filter((each) => each.event === "run_finished" && !each.dryRun);
  assert.deepEqual(runs.map((each) => "columns" in each && each.columns), [COLUMNS]);
});
