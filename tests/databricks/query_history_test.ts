/**
 * Databricks keeps the text and the parameters of every statement, so neither may hold a value: not on
 * any way to the work, whatever happens to the connection, and not in the table's own history.
 * (`openAction` searches the query history after every run of every test; these make sure that there is
 * something to search, and that it is seen.)
 */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import { readValuesToWriteStatement } from "../../src/platforms/databricks/sql/read_values.ts";
import { DECLARE_KEY } from "../../src/platforms/databricks/sql/session_key.ts";
import { writeTokensStatement } from "../../src/platforms/databricks/sql/write_tokens.ts";
import { BOTH_WAYS, openAction, pushdown } from "./action.ts";
import { HUNDRED, ROWS } from "./hundred.ts";
import { standInOnly, type StandInPlace, type TestTable, withTable, WRITES } from "./place.ts";
import { standInTest } from "./stand_in.ts";

const keys = jwkSet(await sivJwk("s1"), await hmacJwk("h1"));
/** The word in every value, and its forms in Base64, wherever it stands in the text. */
const CANARY = /canary|Y2FuYXJ5|NhbmFye|jYW5hcn/i;

const withHundred = (place: StandInPlace, use: (table: TestTable) => Promise<void>) =>
  withTable(place, HUNDRED, use);

/** All that the history holds, as text; it must show at least one write. */
async function historyOf(place: StandInPlace): Promise<string> {
  const history = await place.control.queryHistory();
  assert.ok(history.some(({ statement_text }) => new RegExp(WRITES).test(statement_text)));
  return JSON.stringify(history);
}

standInTest("the history holds a value that a client sends", async ({ control, openDriver }) => {
  await using driver = await openDriver();
  await driver.run("SELECT :value AS v, 'canary 1' AS w", { value: "canary 2" });
  const [row] = await control.queryHistory();
  assert.match(row!.statement_text, /canary 1/);
  assert.deepEqual(row!.query_parameters?.named_parameters, { value: "canary 2" });
});

standInTest(
  "the key that the warehouse makes is new each time, and in no plan and no history",
  async ({ control, openDriver }) => {
    await using driver = await openDriver();
    const name = `key_${crypto.randomUUID().slice(0, 8)}`;
    const table = {
      catalog: "spark_catalog",
      schema: "default",
      name,
      platform: "databricks",
      path: ["spark_catalog", "default", name],
      displayName: name,
      isDelta: true,
      properties: undefined,
      columns: [{ name: "v", type: "string", maxLength: null, isPadded: false }],
    };
    const selects = { exclude: [pushdown.pattern] };
    await control.sql(`CREATE TABLE spark_catalog.default.${name} AS SELECT 'canary' AS v`);
    const seen = new Set<string>();
    for (const token of ["tok_1", "tok_2"]) {
      await driver.run(DECLARE_KEY);
      const [{ key } = { key: "" }] = await driver.run(
        "SELECT hex(system.session.tokenize_key) AS key",
      );
      assert.match(String(key), /^[0-9A-F]{64}$/);
      seen.add(String(key));
      const read = readValuesToWriteStatement(table, selects);
      const plans = await driver.run(`EXPLAIN EXTENDED ${read}`);
      assert.match(JSON.stringify(plans), /aesEncrypt|aes_encrypt/);
      const [row] = await driver.run(read);
      const batch = JSON.stringify([{ e0: row!.e0, t0: token }]);
      const merge = writeTokensStatement(table, selects);
      const [written] = await driver.run(merge, { batch });
      assert.equal(written!.num_affected_rows, 1);
      const versions = await control.sql(`DESCRIBE HISTORY spark_catalog.default.${name}`);
      assert.match(JSON.stringify(versions), /predicate/);
      const sent = (await control.queryHistory()).map(({ statement_text }) => statement_text);
      for (const shown of [plans, versions, sent]) {
        assert.ok(!JSON.stringify(shown).toUpperCase().includes(String(key)));
      }
    }
    assert.equal(seen.size, 2);
    await control.sql(`DROP TABLE spark_catalog.default.${name}`);
  },
);

for (const mode of ["hmac-sha256", "aes-siv"]) {
  standInOnly(
    `${mode}: dry run and run leave no value in the history of queries, nor in the table's`,
    (place) =>
      withHundred(place, async (table) => {
        const action = openAction(place, { sdk: await openKeyed(mode, keys) });
        await action.tokenize(table.urn, ["v", "w"], { dryRun: true });
        assert.equal((await action.tokenize(table.urn, ["v", "w"])).updated, ROWS);
        assert.doesNotMatch(await historyOf(place), CANARY);
        const versions = await place.sql(`DESCRIBE HISTORY ${table.sqlName}`);
        assert.match(JSON.stringify(versions), /MERGE/);
        assert.doesNotMatch(JSON.stringify(versions), CANARY);
      }),
  );
}

standInOnly(
  "a rotation from reversible tokens leaves none of them in the history",
  (place) =>
    withHundred(place, async (table) => {
      await openAction(place).tokenize(table.urn, ["v", "w"]);
      const sdk = await openKeyed("aes-siv", keys);
      const action = openAction(place, { sdk, rotateFrom: { sdk: pushdown, keyId: undefined } });
      await action.tokenize(table.urn, ["v", "w"], { dryRun: true });
      assert.equal((await action.tokenize(table.urn, ["v", "w"])).updated, ROWS);
      assert.doesNotMatch(await historyOf(place), CANARY);
    }),
);

for (const [method, sdk] of BOTH_WAYS) {
  standInOnly(
    `${method}: conflicts, lost responses and lost sessions leave no value in the history either`,
    (place) =>
      withHundred(place, async (table) => {
        await place.control.addFault(faults.deltaConflict());
        await place.control.addFault(faults.expiredSession({ statement: WRITES, skip: 1 }));
        await place.control.addFault(faults.cut("after", { statement: WRITES, skip: 2 }));
        const report = await openAction(place, { sdk }).tokenize(table.urn, ["v", "w"]);
        assert.deepEqual([report.updated, report.skipped], [ROWS, 0]);
        assert.doesNotMatch(await historyOf(place), /canary/);
      }),
  );
}
