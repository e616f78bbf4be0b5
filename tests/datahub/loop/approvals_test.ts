/** Approvals by the API: what waits, and the tag that lets it go on. */
import assert from "node:assert/strict";
import { openApi } from "../../http/action_api.ts";
import { APPROVED, PII } from "./labels.ts";
import { openLoop, type OpenLoopOptions } from "./open_loop.ts";

const TOKEN = "0123456789abcdef";
const headers = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };

/** The loop in the mode `approve`, with a column that waits, and the API in front of it. */
async function openWaiting(options: OpenLoopOptions = {}) {
  const opened = await openLoop({
    mode: "approve",
    ...options,
    before(place) {
      place.tag({ column: "email" });
      options.before?.(place);
    },
  });
  await opened.untilReconciled();
  const api = openApi({ PG_CONN_STR: opened.database.url, TRIGGER_TOKEN: TOKEN }, opened.loop);
  return {
    opened,
    approvals: async () => (await api.send("GET", "/datahub/approvals", { headers })).json,
    approve: (columns: string[], dataset_urn = opened.urn, more: RequestInit = { headers }) => {
      const body = JSON.stringify({ dataset_urn, columns });
      return api.send("POST", "/datahub/approvals", { ...more, body });
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]();
    },
  };
}

Deno.test("what waits is listed with why it is tagged, and an approval tokenizes it", async () => {
  await using waiting = await openWaiting();
  const { opened, approvals, approve } = waiting;
  const { approval_tag, waiting: [dataset] } = await approvals();
  assert.equal(approval_tag, APPROVED);
  assert.deepEqual([dataset.dataset_urn, dataset.rows], [opened.urn, 100]);
  const [{ name, reasons: [reason] }] = dataset.columns;
  assert.deepEqual([name, reason.label, reason.derived], ["email", PII, false]);

  const { status, json } = await approve(["email"]);
  assert.deepEqual([status, json], [202, { dataset_urn: opened.urn, columns: ["email"] }]);
  assert.equal((await opened.untilReconciled(opened.urn, 2)).outcome, "done");
  assert.deepEqual(await opened.tokenized("email", "phone"), ["email"]);
  const change = { dataset: opened.urn, column: "email", label: APPROVED };
  assert.ok(opened.datahub.metadata.hasLabel(change), "the tag is in DataHub, where people see it");
  assert.deepEqual((await approvals()).waiting, []);
  assert.ok(opened.observations.some(({ event }) => event === "columns_approved"));
});

Deno.test("a column that only a program tagged waits, too", async () => {
  await using waiting = await openWaiting({
    before: ({ tag }) =>
      tag({ column: "phone", attribution: { sourceDetail: { propagated: "true" } } }),
  });
  const [{ columns }] = (await waiting.approvals()).waiting;
  const derived = columns.filter(({ reasons }: { reasons: { derived: boolean }[] }) =>
    reasons.every((reason) => reason.derived)
  );
  assert.deepEqual(derived.map(({ name }: { name: string }) => name), ["phone"]);
});

Deno.test("what does not wait cannot be approved", async () => {
  await using waiting = await openWaiting();
  const { opened, approve } = waiting;
  for (const [columns, dataset] of [[["phone"]], [["email"], "urn:li:dataset:other"]] as const) {
    const { status, json } = await approve([...columns], dataset);
    assert.deepEqual([status, json.code], [400, "invalid_request"]);
    assert.match(json.detail, /does not wait/);
  }
  assert.deepEqual(await opened.tokenized("email", "phone"), []);
});

Deno.test("without the token nobody learns what waits, or approves", async () => {
  await using waiting = await openWaiting();
  const { approve, opened } = waiting;
  const { status } = await approve(["email"], opened.urn, {
    headers: { "content-type": "application/json" },
  });
  assert.equal(status, 401);
});

Deno.test("DataHub that does not take the tag is named, and nothing is tokenized", async () => {
  await using waiting = await openWaiting();
  const { opened, approve } = waiting;
  opened.datahub.metadata.privileges.delete("EDIT_DATASET_COL_TAGS");
  const denied = await approve(["email"]);
  assert.deepEqual([denied.status, denied.json.code], [403, "permission_denied"]);
  opened.datahub.faults.order(/graphql/, { kind: "status", status: 500 });
  const failed = await approve(["email"]);
  assert.deepEqual([failed.status, failed.json.code], [502, "datahub_error"]);
  assert.deepEqual(await opened.tokenized("email"), []);
});
