/** Databricks' functions that Spark lacks, as the stand-in has them: `secret` and `hmac`. */
import assert from "node:assert/strict";
import { standInTest } from "../stand_in.ts";

const TABLE = "spark_catalog.default.functions";

standInTest(
  "hmac gives what Databricks documents, and HMAC-SHA-256 by default",
  async ({ control }) => {
    const [row] = await control.sql(
      "SELECT hex(hmac('key', 'message')) AS a, hex(hmac('key', 'message', 'SHA-512')) AS b, " +
        "hex(hmac(hmac('key', 'message'), 'message2')) AS c, hmac(CAST(NULL AS BINARY), 'm') AS d",
    );
    assert.deepEqual(row, {
      a: "6E9EF29B75FFFC5B7ABAE527D58FDADB2FE42E7219011976917343065F58ED4A",
      b: "E477384D7CA229DD1426E64B63EBF2D36EBD6D7E669A6735424E72EA6C01D3F8" +
        "B56EB39C36D8232F5427999B8D1A3F9CD1128FC69F4D75B434216810FA367E98",
      c: "28042756E0362D954B61661BB4DEC9FF9F6C970D346CAEB6DB36ED7B735AB38C",
      d: null,
    });
    await assert.rejects(control.sql("SELECT hmac('', 'message')"), /INVALID_PARAMETER_VALUE/);
  },
);

standInTest("a secret is read by its scope and name, until the next reset", async ({ control }) => {
  await control.putSecret("scope", "name", "it's é");
  const [row] = await control.sql("SELECT secret('scope', 'name') AS s");
  assert.deepEqual(row, { s: "it's é" });
  await control.reset();
  await assert.rejects(
    control.sql("SELECT secret('scope', 'name') AS s"),
    /\[INVALID_SECRET_LOOKUP\.SECRET_FUNCTION_LOOKUP_FAILED\].*SQLSTATE: 22531/,
  );
});

standInTest("commands refuse a secret that is not encrypted at once", async ({ control }) => {
  await control.putSecret("scope", "name", "text");
  await control.sql(
    `DROP TABLE IF EXISTS ${TABLE}`,
    `CREATE TABLE ${TABLE} AS SELECT 1 AS id, 'v' AS v`,
  );
  const secret = "secret('scope', 'name')";
  for (
    const statement of [
      `INSERT INTO ${TABLE} SELECT 2, ${secret}`,
      `UPDATE ${TABLE} SET v = sha2(concat(${secret}, v), 256)`,
      `UPDATE ${TABLE} SET v = (SELECT ${secret})`,
      `MERGE INTO ${TABLE} AS t USING (SELECT ${secret} AS s) AS s ON true
        WHEN MATCHED THEN UPDATE SET v = s.s`,
      `CREATE TABLE ${TABLE}_2 AS SELECT upper(${secret}) AS v`,
    ]
  ) {
    const error = /\[SECRET_FUNCTION_INVALID_LOCATION\]/;
    await assert.rejects(control.sql(statement), error, statement);
  }
  const key = "unhex(sha2('key', 256))";
  const [row] = await control.sql(
    "DECLARE OR REPLACE VARIABLE v BINARY",
    `SET VARIABLE v = (SELECT aes_encrypt(${secret}, ${key}))`,
    `SELECT cast(aes_decrypt(v, ${key}) AS STRING) AS s`,
  );
  assert.deepEqual(row, { s: "text" });
  await control.sql(`DROP TABLE ${TABLE}`);
});
