/** `vault-transit` at work on real tables, through the action. */
import assert from "node:assert/strict";
import { assertReport } from "../support/assertions.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { onPostgresSuite } from "../tokens/on_postgres_suite.ts";
import { openTransit } from "../../scripts/servers/openbao/transit_fixture.ts";

const vault = await openTransit();
const database = await useDatabase({ customers: true });
const { sql, openAction, valuesOf } = database;
Deno.test.afterAll(() => vault.close());

onPostgresSuite("vault-transit", database, (scope) => vault.openSdk({ TOKEN_CONTEXT: scope }));

Deno.test("vault-transit: after the key is rotated in Vault, old tokens are left alone until tokenize rotate", async () => {
  const key = await vault.makeKey();
  const changes = { VAULT_TRANSIT_KEY: key };
  await sql`create table rotated as select * from customers`;
  const plain = await valuesOf("rotated", "email");
  const first = await vault.openSdk(changes);
  {
    await using action = openAction({ tokenSdk: first });
    await action.tokenize("public.rotated", ["email"]);
  }
  await first.close!();
  await vault.server.api("POST", `transit/keys/${key}/rotate`);
  await sql`insert into rotated select id + 100, name, email || '.new', phone, created_at
    from customers`;

  const second = await vault.openSdk(changes);
  const versions = () =>
    sql`select split_part(email, ':', 2) as version, count(*)::int as rows
      from rotated group by 1 order by 1`;
  {
    await using action = openAction({ tokenSdk: second });
    const report = await action.tokenize("public.rotated", ["email"]);
    assertReport(report, { updated: 100, skipped: 100 });
    assert.equal(report.foreign, 100);
  }
  assert.deepEqual([...await versions()], [{ version: "v1", rows: 100 }, {
    version: "v2",
    rows: 100,
  }]);

  const rotateFrom = { sdk: second, keyId: undefined };
  await using rotation = openAction({ tokenSdk: second, rotateFrom });
  const report = await rotation.tokenize("public.rotated", ["email"]);
  assertReport(report, { updated: 100, skipped: 100 });
  assert.deepEqual([...await versions()], [{ version: "v2", rows: 200 }]);
  const tokens = (await valuesOf("rotated", "email")).slice(0, 100) as string[];
  const place = {
    platform: "postgres",
    dataset: [database.name, "public", "rotated"],
    column: "email",
  };
  assert.deepEqual(await second.detokenize!(tokens, place), plain);
  assert.equal((await rotation.tokenize("public.rotated", ["email"])).updated, 0);
  await second.close!();
});
