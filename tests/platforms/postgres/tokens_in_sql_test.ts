/** Tokens and detectors inside Postgres: the same as in JavaScript. */
import assert from "node:assert/strict";
import { quoteIdentifier, quoteLiteral } from "../../../src/platforms/postgres/identifiers.ts";
import { toPostgres } from "../../../src/tokens/token_pattern.ts";
import { VAULT_TOKENS } from "../../../src/tokens/vault/vault_token.ts";
import { dummySdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { DETECTOR_CASES, SAMPLE_VALUES } from "../../tokens/detector_cases.ts";
import { VAULT_DETECTOR_CASES } from "../../tokens/vault_detector_cases.ts";

const { sql } = await useDatabase();

const pattern = quoteLiteral(toPostgres(dummySdk.pattern));

for (const { title, text, isToken } of DETECTOR_CASES) {
  Deno.test(`the detector in Postgres ${isToken ? "accepts" : "rejects"} ${title}`, async () => {
    const found = await sql.unsafe(`select $1::text collate "C" ~ ${pattern} as token`, [text]);
    assert.equal(found[0]?.token, isToken);
  });
}

Deno.test("the detector in Postgres accepts Vault's tokens and rejects lookalikes", async () => {
  const texts = VAULT_DETECTOR_CASES.map(({ text }) => text);
  const rows = await sql.unsafe<{ token: boolean }[]>(
    `select value collate "C" ~ $2 as token
       from unnest($1::text[]) with ordinality as given (value, place) order by place`,
    [texts, toPostgres(VAULT_TOKENS)],
  );
  assert.deepEqual(
    VAULT_DETECTOR_CASES.map(({ title }, i) => [title, rows[i]!.token]),
    VAULT_DETECTOR_CASES.map(({ title, isToken }) => [title, isToken]),
  );
});

Deno.test("the SQL expression makes the same tokens as JavaScript", async () => {
  assert.ok(dummySdk.sqlExpression);
  const token = dummySdk.sqlExpression("postgres", "value");
  const rows = await sql.unsafe(
    `select value, ${token} as token from unnest($1::text[]) as value`,
    [[...SAMPLE_VALUES]],
  );
  assert.equal(rows.length, SAMPLE_VALUES.length);
  for (const { value, token } of rows) assert.equal(token, tokenOf(value));
});

Deno.test("quoted identifiers and literals come back from Postgres unchanged", async () => {
  for (const name of [`a"b`, `"`, `a'b`, "a.b", "SELECT", "ü 💌", `\\`, "--", "/*", "$1", ";"]) {
    const [row] = await sql.unsafe(`select ${quoteLiteral(name)} as ${quoteIdentifier(name)}`);
    assert.deepEqual({ ...row }, { [name]: name });
  }
});
