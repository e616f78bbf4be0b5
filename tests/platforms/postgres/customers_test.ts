/** The main job on the seeded table: 100 customers. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase({ customers: true });
const { sql, openAction, rowVersions, assertUnchanged } = database;

const PII = ["name", "email", "phone"];

Deno.test("a dry run counts 100 rows and writes none", async () => {
  await using action = openAction();
  const report = await assertUnchanged(
    "customers",
    () => action.tokenize("public.customers", PII, { dryRun: true }),
  );
  assertReport(report, { updated: 100, skipped: 0, dry_run: true });
  assert.equal(report.method, undefined);
});

Deno.test("the first run updates 100 rows; the second updates none and writes no row version", async () => {
  const before = await sql`select * from customers order by id`;
  await using action = openAction();
  const first = await action.tokenize("public.customers", PII);
  assertReport(first, { updated: 100, skipped: 0, method: "client" });
  assert.equal(first.table, `${database.name}.public.customers`);
  assert.deepEqual(first.columns, PII);

  const expected = before.map((row) => ({
    ...row,
    name: tokenOf(row.name),
    email: tokenOf(row.email),
    phone: tokenOf(row.phone),
  }));
  assert.deepEqual([...await sql`select * from customers order by id`], expected);

  const versions = await rowVersions("customers");
  const second = await action.tokenize("public.customers", PII);
  assertReport(second, { updated: 0, skipped: 100 });
  assert.deepEqual(await rowVersions("customers"), versions);
  const look = await action.tokenize("public.customers", PII, { dryRun: true });
  assertReport(look, { updated: 0, skipped: 100 });
});
