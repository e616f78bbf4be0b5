/** What the values of columns look like that wait for an approval, beside what their tags say. */
import assert from "node:assert/strict";
import { formOfLabel } from "../../../src/datahub/loop/looks.ts";
import { openApi } from "../../http/action_api.ts";
import { assertLeaksNothing } from "../../support/assertions.ts";
import { openLoop } from "./open_loop.ts";

const EMAIL = "urn:li:tag:EmailAddress";
const TOKEN = "0123456789abcdef";
const headers = { authorization: `Bearer ${TOKEN}` };

Deno.test("whoever approves sees what the values look like, and that a tag is false", async () => {
  await using opened = await openLoop({
    mode: "approve",
    env: { DATAHUB_TAGS: `urn:li:tag:PII,${EMAIL}` },
    before({ tag }) {
      tag({ column: "email", label: EMAIL });
      tag({ column: "phone", label: EMAIL });
      tag({ column: "name", attribution: { sourceDetail: { propagated: "true" } } });
    },
  });
  await opened.untilReconciled();
  const env = { PG_CONN_STR: opened.database.url, TRIGGER_TOKEN: TOKEN };
  await using api = openApi(env, opened.loop);
  const { json: approvals } = await api.send("GET", "/datahub/approvals", { headers });
  const { json: status } = await api.send("GET", "/datahub/status", { headers });
  assert.deepEqual(status.waiting, approvals.waiting);
  assertLeaksNothing(status, "the status");
  const [{ columns }] = approvals.waiting;
  const looks = Object.fromEntries(
    columns.map(({ name, looks_like }: { name: string; looks_like: unknown }) => [
      name,
      looks_like,
    ]),
  );
  const all = { sampled: 100 };
  assert.deepEqual(looks.email, {
    ...all,
    forms: { email: 100 },
    expected: "email",
    fitting: 100,
  });
  assert.deepEqual(looks.phone, { ...all, forms: { phone: 100 }, expected: "email", fitting: 0 });
  assert.deepEqual(looks.name, { ...all, forms: { other: 100 }, expected: null, fitting: null });
});

Deno.test("a dataset that may not be tokenized is not sampled", async () => {
  await using opened = await openLoop({
    mode: "approve",
    env: { ALLOWED_DATASETS: "urn:li:dataset:(urn:li:dataPlatform:postgres,other.*,PROD)" },
    before({ tag }) {
      tag({ column: "phone", attribution: { sourceDetail: { propagated: "true" } } });
    },
  });
  await opened.untilReconciled();
  const [waiting] = opened.loop.status().waiting;
  assert.deepEqual(waiting?.columns.map(({ looks_like }) => looks_like), [null]);
});

Deno.test("the words of a tag or term say which form is meant, or none", () => {
  const cases = [
    ["urn:li:tag:EmailAddress", "email"],
    ["urn:li:tag:pii_e-mail", "email"],
    ["urn:li:glossaryTerm:Classification.PhoneNumber", "phone"],
    ["urn:li:glossaryTerm:Personal.DateOfBirth", "date"],
    ["urn:li:tag:BirthYear", "date"],
    ["urn:li:tag:fiscal_year", "year"],
    ["urn:li:tag:AccountNumber", "number"],
    ["urn:li:tag:LastName", "other"],
    ["urn:li:tag:PII", undefined],
    ["urn:li:glossaryTerm:6c2f", undefined],
  ] as const;
  for (const [label, form] of cases) assert.equal(formOfLabel(label), form, label);
});
