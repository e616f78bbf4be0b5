/** The SQL that is sent: names are quoted, patterns are raw, and no value or key is in it. */
import assert from "node:assert/strict";
import { quoteIdentifier, rawLiteral } from "../../../src/platforms/databricks/identifiers.ts";
import { countRowsStatement } from "../../../src/platforms/databricks/sql/count_rows.ts";
import {
  readValuesStatement,
  readValuesToWriteStatement,
} from "../../../src/platforms/databricks/sql/read_values.ts";
import { readSecretStatement } from "../../../src/platforms/databricks/sql/secret_key.ts";
import { DECLARE_KEY } from "../../../src/platforms/databricks/sql/session_key.ts";
import { updateInPlaceStatement } from "../../../src/platforms/databricks/sql/update_in_place.ts";
import { writeTokensStatement } from "../../../src/platforms/databricks/sql/write_tokens.ts";
import type { PackedTexts } from "../../../src/tokens/packed_texts.ts";
import { tokenPattern } from "../../../src/tokens/token_pattern.ts";

const TABLE = {
  catalog: "ma`in",
  schema: "s.t",
  name: "t b",
  platform: "databricks",
  path: ["c", "s", "t"],
  displayName: "",
  isDelta: true,
  properties: undefined,
  columns: [
    { name: "e.mail", type: "string", maxLength: null, isPadded: false },
    { name: "c`d", type: "char(9)", maxLength: 9, isPadded: true },
  ],
};
const PATTERN = tokenPattern("tok_[a-z]*");
const FOREIGN = tokenPattern("tk1_[a-z]*");
const SELECTS = { exclude: [PATTERN] };
const CONVERSION = {
  selects: SELECTS,
  convert: (texts: PackedTexts) => ({ bytes: texts.bytes, ends: texts.ends, nulls: [] }),
  canReject: false,
  result: PATTERN,
  foreign: { include: [PATTERN, FOREIGN], exclude: [PATTERN] },
  maxLength: () => 0,
};
const MAIL = "t.`e.mail` RLIKE r'\\A(?:tok_[a-z]*)\\z'";
const PADDED = "rtrim(t.`c``d`) RLIKE r'\\A(?:tok_[a-z]*)\\z'";
const GUARD = `(NOT (${MAIL})) OR (NOT (${PADDED}))`;
const INVALID = [
  `coalesce((NOT (${MAIL})) AND NOT is_valid_utf8(t.\`e.mail\`), false)`,
  `coalesce((NOT (${PADDED})) AND NOT is_valid_utf8(rtrim(t.\`c\`\`d\`)), false)`,
];
const KEY = "(SELECT v.k FROM VALUES (system.session.tokenize_key) AS v(k))";

Deno.test("identifiers with any characters are quoted, and raw literals reject quotes", () => {
  assert.equal(quoteIdentifier("a`b.c d\n"), "`a``b.c d\n`");
  assert.equal(rawLiteral("\\A\\z"), "r'\\A\\z'");
  assert.throws(() => rawLiteral("'"), TypeError);
});

Deno.test("counting reads the table, or one of its versions", () => {
  const from = "FROM `ma``in`.`s.t`.`t b`";
  const foreign = [MAIL, PADDED].map((token) =>
    `count_if(NOT (${token}) AND (${token.replace("tok_[a-z]*", "tok_[a-z]*|tk1_[a-z]*")}))`
  );
  const select = `SELECT count(*) AS total, ${foreign.join(" + ")} AS foreign_tokens, ` +
    `count_if(${GUARD}) AS selected, ` +
    INVALID.map((invalid, i) => `count_if(${invalid}) AS invalid${i}`).join(", ");
  assert.equal(countRowsStatement(TABLE, CONVERSION), `${select} ${from} AS t`);
  assert.equal(countRowsStatement(TABLE, CONVERSION, 7), `${select} ${from} VERSION AS OF 7 AS t`);
});

Deno.test("reading returns each combination of valid texts once", () => {
  const from = "count(*) AS n FROM `ma``in`.`s.t`.`t b` AS t\n" +
    `WHERE (${GUARD}) AND NOT (${INVALID.join(" OR ")})\n` +
    "GROUP BY t.`e.mail`, rtrim(t.`c``d`)";
  const texts = "SELECT t.`e.mail` AS s0, rtrim(t.`c``d`) AS s1, ";
  assert.equal(readValuesStatement(TABLE, SELECTS), texts + from);
  assert.equal(
    readValuesToWriteStatement(TABLE, SELECTS),
    `${texts}base64(aes_encrypt(t.\`e.mail\`, ${KEY})) AS e0, ` +
      `base64(aes_encrypt(rtrim(t.\`c\`\`d\`), ${KEY})) AS e1, ${from}`,
  );
});

Deno.test("writing finds rows by their texts, of which the parameter has the ciphertexts", () => {
  const text = (i: number) => `cast(aes_decrypt(unbase64(entry.e${i}), ${KEY}) AS STRING) AS s${i}`;
  assert.equal(
    writeTokensStatement(TABLE, SELECTS),
    "MERGE INTO `ma``in`.`s.t`.`t b` AS t\n" +
      `USING (SELECT ${text(0)}, entry.t0, ${text(1)}, entry.t1\n` +
      "FROM (SELECT explode(from_json(:batch, " +
      "'array<struct<e0:string,t0:string,e1:string,t1:string>>')) AS entry)) AS b\n" +
      "ON t.`e.mail` <=> b.s0 AND rtrim(t.`c``d`) <=> b.s1\n" +
      `WHEN MATCHED AND (${GUARD}) THEN UPDATE SET ` +
      "t.`e.mail` = coalesce(b.t0, t.`e.mail`), t.`c``d` = coalesce(b.t1, t.`c``d`)",
  );
});

Deno.test("the key is made by the warehouse: the statement holds nothing secret", () => {
  assert.equal(
    DECLARE_KEY,
    "DECLARE OR REPLACE VARIABLE tokenize_key BINARY DEFAULT unhex(sha2(concat(" +
      "aes_encrypt('1', 'tokenize-action!'), aes_encrypt('2', 'tokenize-action!'), " +
      "aes_encrypt('3', 'tokenize-action!')), 256))",
  );
});

Deno.test("the update in place reads only text and writes only tokens", () => {
  const statement = updateInPlaceStatement(TABLE, CONVERSION, (operand) => `f(${operand})`);
  assert.ok(
    statement.startsWith("UPDATE `ma``in`.`s.t`.`t b` AS t SET `e.mail` = CASE WHEN NOT ("),
  );
  assert.ok(statement.includes("CASE WHEN NOT is_valid_utf8(rtrim(t.`c``d`)) THEN raise_error("));
  const tokens = "get(regexp_extract_all(f(rtrim(t.`c``d`)), r'\\A(?:tok_[a-z]*)\\z', 0), 0)";
  assert.ok(statement.includes(`ELSE coalesce(${tokens}, raise_error(`));
  assert.ok(statement.endsWith(` WHERE ${GUARD}`));
});

Deno.test("a secret is read by its name, and encrypted at once", () => {
  assert.equal(
    readSecretStatement({ scope: "pii", name: "tokenize-hmac-a" }),
    "SET VARIABLE tokenize_secret = (SELECT aes_encrypt(secret(r'pii', r'tokenize-hmac-a'), v.k) " +
      "FROM VALUES (system.session.tokenize_key) AS v(k))",
  );
  assert.throws(() => readSecretStatement({ scope: "it's", name: "" }), TypeError);
});
