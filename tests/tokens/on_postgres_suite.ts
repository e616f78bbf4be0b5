/** What must be true of every token SDK on real tables, through the action. */
import assert from "node:assert/strict";
import { TOKEN_SCOPES, type TokenScope } from "../../src/tokens/token_scope.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import type { DatabaseFixture } from "../support/action_fixture.ts";

/** Tests the SDK that `open` creates on tables of that database, which has the customers. */
export function onPostgresSuite(
  name: string,
  database: DatabaseFixture,
  open: (scope: TokenScope) => Promise<TokenSdk>,
): void {
  const { sql, openAction, valuesOf } = database;
  const makeTable = (table: string, query: string) =>
    sql.unsafe(`drop table if exists ${table}; create table ${table} as ${query}`);

  for (const scope of TOKEN_SCOPES) {
    Deno.test(`${name} in scope ${scope}: the first run updates 100 rows, the second none`, async () => {
      await makeTable("hundred", "select * from customers");
      const plain = await valuesOf("hundred", "email") as string[];
      const tokenSdk = await open(scope);
      await using action = openAction({ tokenSdk });
      const counts = [];
      for (let time = 0; time < 2; time++) {
        const report = await action.tokenize("public.hundred", ["email", "phone"]);
        counts.push([report.updated, report.skipped]);
      }
      assert.deepEqual(counts, [[100, 0], [0, 100]]);
      const tokens = await valuesOf("hundred", "email") as string[];
      const place = {
        platform: "postgres",
        dataset: [database.name, "public", "hundred"],
        column: "email",
      };
      assert.deepEqual(tokens, await tokenSdk.tokenize(plain, place));
      if (tokenSdk.detokenize) assert.deepEqual(await tokenSdk.detokenize(tokens, place), plain);
      await tokenSdk.close?.();
    });
  }

  Deno.test(`${name}: a join of two tables gives the same rows`, async () => {
    await makeTable("buyers", "select * from customers");
    await makeTable(
      "orders",
      `select c.email as buyer, n from customers c, generate_series(1, 1 + c.id % 3) n`,
    );
    const join = `select c.id, o.n from buyers c join orders o on o.buyer = c.email order by 1, 2`;
    const before = [...await sql.unsafe(join)];
    const tokenSdk = await open("global");
    await using action = openAction({ tokenSdk });
    await action.tokenize("public.buyers", ["email"]);
    assert.deepEqual([...await sql.unsafe(join)], []);
    await action.tokenize("public.orders", ["buyer"]);
    assert.deepEqual([...await sql.unsafe(join)], before);
    await tokenSdk.close?.();
  });

  Deno.test(`${name}: a column is accepted if its tokens just fit, and refused if not`, async () => {
    const tokenSdk = await open("global");
    await using action = openAction({ tokenSdk });
    const value = "zoë@example.com";
    const needed = tokenSdk.maxTokenLength(new TextEncoder().encode(value).length);
    for (const length of [needed, needed - 1]) {
      await makeTable("narrow", `select '${value}'::varchar(${length}) as email`);
      if (length < needed) {
        await action.fails("value_too_long", "public.narrow", ["email"]);
        assert.deepEqual([...await sql`select email from narrow`], [{ email: value }]);
      } else {
        assert.equal((await action.tokenize("public.narrow", ["email"])).updated, 1);
      }
    }
    await tokenSdk.close?.();
  });
}
