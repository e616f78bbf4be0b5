/** What counts as tagged, from DataHub's aspects to the table: a real database, DataHub's stand-in. */
import assert from "node:assert/strict";
import { urnOf } from "../../support/action_fixture.ts";
import { APPROVED, PII } from "./labels.ts";
import { openLoop } from "./open_loop.ts";

const TERM = "urn:li:glossaryTerm:Classification.Sensitive";
const V2_EMAIL = "[version=2.0].[type=string].email";
const COLUMNS = ["name", "email", "phone"];
const PROPAGATED = { sourceDetail: { propagated: "true" } };

Deno.test("a sweep at the start finds ingested, edited and the column's own labels, and unites them", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_TERMS: TERM },
    before({ tag }) {
      tag({ column: "name", place: "schemaMetadata" });
      tag({ column: "email", label: TERM });
      tag({ column: "phone", place: "schemaField" });
    },
  });
  const { outcome, columns } = await opened.untilReconciled();
  assert.equal(outcome, "done");
  assert.deepEqual(columns.toSorted(), ["email", "name", "phone"]);
  assert.deepEqual(await opened.tokenized(...COLUMNS), COLUMNS);
});

Deno.test("an empty edited list does not hide an ingested tag", async () => {
  await using opened = await openLoop({
    before({ tag, datahub, urn }) {
      tag({ column: "email", place: "schemaMetadata" });
      datahub.metadata.entityOf(urn).editableSchemaMetadata = {
        editableSchemaFieldInfo: [{ fieldPath: "email", globalTags: { tags: [] } }],
      };
    },
  });
  assert.deepEqual((await opened.untilReconciled()).columns, ["email"]);
});

Deno.test("a v2 path and a v1 path are the same column", async () => {
  await using opened = await openLoop({
    before({ tag, datahub, urn }) {
      datahub.metadata.addDataset(urn, ["[version=2.0].[type=long].id", V2_EMAIL]);
      tag({ column: "email" });
      tag({ column: V2_EMAIL, place: "schemaMetadata" });
    },
  });
  assert.deepEqual((await opened.untilReconciled()).columns, ["email"]);
  assert.deepEqual(await opened.tokenized(...COLUMNS), ["email"]);
});

Deno.test("names with commas, parentheses and other alphabets arrive as they are", async () => {
  await using opened = await openLoop({
    async before({ database, datahub }) {
      await database.sql.unsafe(
        `create table "prénoms (alt), x" (id int primary key, "net, gross (EUR)" text, "prénom" text);
         insert into "prénoms (alt), x" values (1, 'canary', 'canary')`,
      );
      const urn = urnOf(`${database.name}.public.prénoms (alt), x`);
      datahub.metadata.addDataset(urn, ["id", "net, gross (EUR)", "prénom"]);
    },
  });
  const urn = urnOf(`${opened.database.name}.public.prénoms (alt), x`);
  await opened.untilObserved("datahub_sweep_finished");
  opened.tag({ dataset: urn, column: "net, gross (EUR)" });
  opened.tag({ dataset: urn, column: "prénom", place: "schemaField" });
  opened.tag({ dataset: urn, column: "prénom", label: APPROVED });
  const { columns } = await opened.untilReconciled(urn);
  assert.deepEqual(columns, ["net, gross (EUR)", "prénom"]);
  const [row] = await opened.database.sql`select * from "prénoms (alt), x"`;
  assert.match(`${row!["net, gross (EUR)"]} ${row!["prénom"]}`, /^tok_\S+_poc tok_\S+_poc$/);
});

Deno.test("a tag on the dbt sibling means the table, in an event and in a sweep", async () => {
  const dbt = (urn: string) => urn.replace(":postgres,", ":dbt,");
  await using opened = await openLoop({
    before({ datahub: { metadata }, urn, tag }) {
      metadata.addDataset(dbt(urn), ["ID", "EMAIL", "PHONE"], { siblings: { siblings: [urn] } });
      metadata.entityOf(urn).siblings = { siblings: [dbt(urn)] };
      tag({ dataset: dbt(urn), column: "EMAIL" });
    },
  });
  assert.deepEqual((await opened.untilReconciled()).columns, ["email"]);
  opened.tag({ dataset: dbt(opened.urn), column: "PHONE" });
  const { columns } = await opened.untilReconciled(opened.urn, 2);
  assert.deepEqual(columns, ["email", "phone"]);
  assert.deepEqual(await opened.tokenized(...COLUMNS), ["email", "phone"]);
});

Deno.test("a tag on the whole dataset is reported, and names no column", async () => {
  await using opened = await openLoop({
    before: ({ datahub, urn }) => datahub.metadata.labelDataset(urn, PII),
  });
  const { outcome, onDataset } = await opened.untilReconciled();
  assert.deepEqual({ outcome, onDataset }, { outcome: "untagged", onDataset: [PII] });
  assert.deepEqual(await opened.tokenized(...COLUMNS), []);
});

Deno.test("a propagated or suggested tag is listed and not acted on, in either spelling", async () => {
  await using opened = await openLoop({
    before({ tag }) {
      tag({ column: "name", attribution: PROPAGATED });
      tag({ column: "email", context: JSON.stringify({ propagated: true, origin: "urn:li:x" }) });
      tag({ column: "phone", attribution: { sourceDetail: { state: "SUGGESTED" } } });
    },
  });
  const { outcome, columns, unconfirmed } = await opened.untilReconciled();
  assert.deepEqual({ outcome, columns }, { outcome: "untagged", columns: [] });
  assert.deepEqual(unconfirmed, ["name", "email", "phone"]);
  assert.deepEqual(await opened.tokenized(...COLUMNS), []);
});

Deno.test("an approval tag that somebody put there confirms a propagated tag, a propagated one does not", async () => {
  await using opened = await openLoop({
    before({ tag }) {
      tag({ column: "name", attribution: PROPAGATED });
      tag({ column: "name", label: APPROVED });
      tag({ column: "email", attribution: PROPAGATED });
      tag({ column: "email", label: APPROVED, attribution: PROPAGATED });
    },
  });
  const { columns, unconfirmed } = await opened.untilReconciled();
  assert.deepEqual({ columns, unconfirmed }, { columns: ["name"], unconfirmed: ["email"] });
});

Deno.test("removed and deprecated datasets are left alone", async () => {
  for (
    const [aspect, value] of [
      ["status", { removed: true }],
      ["deprecation", { deprecated: true, note: "" }],
    ] as const
  ) {
    await using opened = await openLoop({
      before({ datahub, urn }) {
        datahub.metadata.entityOf(urn)[aspect] = value;
      },
    });
    await opened.untilObserved("datahub_sweep_finished");
    opened.tag({ column: "email" });
    assert.equal((await opened.untilReconciled()).outcome, "left_alone");
    assert.deepEqual(await opened.tokenized(...COLUMNS), []);
  }
});

Deno.test("a label of a column that the table no longer has is left out", async () => {
  await using opened = await openLoop({
    before({ tag }) {
      tag({ column: "dropped_long_ago" });
      tag({ column: "email" });
    },
  });
  assert.deepEqual((await opened.untilReconciled()).columns, ["email"]);
});

Deno.test("the terms of a term group and of the groups in it ask for columns", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_TERMS: "urn:li:glossaryNode:Personal" },
    before({ tag, datahub: { metadata } }) {
      const inGroup = (parentNode: string) => ({ parentNode });
      metadata.entityOf("urn:li:glossaryNode:Contact").glossaryNodeInfo = inGroup(
        "urn:li:glossaryNode:Personal",
      );
      metadata.entityOf("urn:li:glossaryTerm:Email").glossaryTermInfo = inGroup(
        "urn:li:glossaryNode:Contact",
      );
      tag({ column: "email", label: "urn:li:glossaryTerm:Email" });
    },
  });
  assert.deepEqual((await opened.untilReconciled()).columns, ["email"]);
});
