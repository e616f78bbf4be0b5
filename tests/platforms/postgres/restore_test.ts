/** Restoring: tokens of a reversible SDK become their values again, with all that a run promises. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../../scripts/servers/test_keys.ts";
import { assertReport } from "../../support/assertions.ts";
import { dummySdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { postgresText } from "../../support/properties.ts";

const database = await useDatabase();
const { sql, openAction, createUser, valuesOf } = database;
const siv = await openKeyed("aes-siv", jwkSet(await sivJwk("2026a"), await sivJwk("2025a")));
const older = await openKeyed("aes-siv", jwkSet(await sivJwk("2025a")));
const unknown = await openKeyed("aes-siv", jwkSet(await sivJwk("lost")));

/** A table of 30 canaries, of which some are NULL. */
async function makePeople(table: string): Promise<(string | null)[]> {
  await sql.unsafe(`create table ${table} (id int primary key, email text, phone varchar(200));
    insert into ${table} select i, 'canary ä' || i, case when i % 3 = 0 then null else '+' || i end
      from generate_series(1, 30) i`);
  return await valuesOf(table, "email");
}

for (const [name, tokenSdk] of [["dummy", dummySdk], ["aes-siv", siv]] as const) {
  for (const commit of ["atomic", "batches"] as const) {
    Deno.test(`run and restore give the table back (${name}, ${commit}), and a second time do nothing`, async () => {
      const table = `back_${name.replace("-", "_")}_${commit}`;
      const before = await makePeople(table);
      await using running = openAction({ tokenSdk });
      assertReport(await running.tokenize(`public.${table}`, ["email", "phone"]), { updated: 30 });
      await using restoring = openAction({ tokenSdk, restores: true });
      const dry = await restoring.tokenize(`public.${table}`, ["email", "phone"], { dryRun: true });
      assertReport(dry, { updated: 30, skipped: 0, lookalikes: 0 });
      const report = await restoring.tokenize(`public.${table}`, ["email", "phone"], { commit });
      assertReport(report, { updated: 30, skipped: 0, foreign: 0, method: "client" });
      assert.equal(report.residue, undefined);
      assert.deepEqual(await valuesOf(table, "email"), before);
      await database.assertUnchanged(table, async () => {
        const again = await restoring.tokenize(`public.${table}`, ["email", "phone"], { commit });
        assertReport(again, { updated: 0, skipped: 30 });
      });
    });
  }
}

Deno.test("any text comes back byte by byte", async () => {
  await sql`create table any_text (id int primary key, a text, b varchar, c char(120))`;
  await using running = openAction({ tokenSdk: siv });
  await using restoring = openAction({ tokenSdk: siv, restores: true });
  const texts = fc.array(fc.option(postgresText), { minLength: 1, maxLength: 20 });
  const bytes = () =>
    sql.unsafe(
      "select id, convert_to(a, 'UTF8')::text as a, convert_to(b, 'UTF8')::text as b from any_text order by id",
    );
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      await sql`truncate any_text`;
      for (const [id, value] of values.entries()) {
        await sql`insert into any_text values (${id}, ${value}, ${value}, 'canary')`;
      }
      const before = JSON.stringify(await bytes());
      await running.tokenize("public.any_text", ["a", "b", "c"]);
      await restoring.tokenize("public.any_text", ["a", "b", "c"]);
      assert.equal(JSON.stringify(await bytes()), before);
    }),
    { numRuns: 25 },
  );
});

Deno.test("tokens of older keys are restored; of unknown keys and other SDKs, lookalikes and values are left alone", async () => {
  await makePeople("mixed");
  const context = {
    platform: "postgres",
    dataset: [database.name, "public", "mixed"],
    column: "email",
  };
  const [old] = await older.tokenize(["canary of old"], context);
  const [lost] = await unknown.tokenize(["canary"], context);
  const forged = old!.replace(/.$/, (last) => last === "A" ? "Q" : "A");
  const foreign = tokenOf("x");
  for (const [id, token] of [[1, old!], [2, lost!], [3, forged], [4, foreign]] as const) {
    await sql`update mixed set email = ${token} where id = ${id}`;
  }
  await using action = openAction({ tokenSdk: siv, restores: true });
  const report = await action.tokenize("public.mixed", ["email"]);
  assertReport(report, { updated: 1, skipped: 29, foreign: 2, lookalikes: 1 });
  const after = await valuesOf("mixed", "email");
  assert.deepEqual(after.slice(0, 5), ["canary of old", lost, forged, foreign, "canary ä5"]);
});

Deno.test("a token whose value is no text there, or a token again, is left alone", async () => {
  await sql`create table odd (id int primary key, email text)`;
  const nested = tokenOf(tokenOf("canary"));
  const odd = [nested, "tok_/w==_poc", "tok_AA==_poc", tokenOf("good")];
  for (const [id, token] of odd.entries()) await sql`insert into odd values (${id}, ${token})`;
  await using action = openAction({ tokenSdk: dummySdk, restores: true });
  assertReport(await action.tokenize("public.odd", ["email"]), { updated: 1, lookalikes: 3 });
  assert.deepEqual(await valuesOf("odd", "email"), [...odd.slice(0, 3), "good"]);
});

Deno.test("one-way tokens are refused", async () => {
  await sql`create table one_way (email text)`;
  const hmac = await openKeyed("hmac-sha256", jwkSet(await hmacJwk("2026a")));
  await using action = openAction({ tokenSdk: hmac, restores: true });
  const error = await action.fails("invalid_request", "public.one_way", ["email"]);
  assert.match(error.message, /^Cannot restore: the tokens of this SDK are one-way/);
});

Deno.test("a value that the column refuses undoes everything, and what stands in the way names restoring", async () => {
  await makePeople("strict");
  await using running = openAction({ tokenSdk: siv });
  await running.tokenize("public.strict", ["email"]);
  await sql`alter table strict add constraint no_values check (email like 'tk1%') not valid`;
  await using action = openAction({ tokenSdk: siv, restores: true });
  await database.assertUnchanged(
    "strict",
    () => action.fails("constraint_violation", "public.strict", ["email"]),
  );
  await sql`create view strict_view as select * from strict`;
  const error = await action.fails("table_not_supported", "public.strict_view", ["email"]);
  assert.match(error.message, /^Cannot restore /);
});

Deno.test("a server that would log the values as parameters is refused, unless the role may switch that off", async () => {
  await makePeople("logged");
  await using running = openAction({ tokenSdk: siv });
  await running.tokenize("public.logged", ["email"]);
  const clerk = await createUser("grant select, update on logged to $user");
  await sql.unsafe(`alter role ${clerk.name} set log_statement = 'mod'`);
  await using refused = openAction({ as: clerk, tokenSdk: siv, restores: true });
  const error = await refused.fails("permission_denied", "public.logged", ["email"]);
  assert.match(error.message, /log_statement/);
  await sql.unsafe(`alter role ${clerk.name} set log_parameter_max_length = 0`).catch(() => {});
  await using allowed = openAction({ as: clerk, tokenSdk: siv, restores: true });
  if (database.serverVersion >= 13) {
    assertReport(await allowed.tokenize("public.logged", ["email"]), { updated: 30 });
  }
});

Deno.test("a writer in the middle is not overwritten", async () => {
  await makePeople("busy");
  await using running = openAction({ tokenSdk: siv });
  await running.tokenize("public.busy", ["email"]);
  const writer = database.connect();
  await writer.unsafe("begin; update busy set email = 'canary of another' where id = 5");
  await using action = openAction({ tokenSdk: siv, restores: true });
  const restoring = action.tokenize("public.busy", ["email"]);
  await database.untilBlocked();
  await writer.unsafe("commit");
  await writer.end();
  assertReport(await restoring, { updated: 29, skipped: 1 });
  assert.equal((await valuesOf("busy", "email"))[4], "canary of another");
});
