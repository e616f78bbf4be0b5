/** Restoring on a warehouse: the values come back, and the query history never holds one. */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import { openAction, pushdown } from "./action.ts";
import { columnOf, HUNDRED, ROWS, VALUES } from "./hundred.ts";
import { literal, warehouseTest, withTable } from "./place.ts";

const siv = await openKeyed("aes-siv", jwkSet(await sivJwk("2026a")));
const ANY_TEXT = ["", " canary ", "canary ä漢😀", "canary\n\t\\n'\"", "canary\u0000\ufeff"];

for (const [name, sdk] of [["dummy", pushdown], ["aes-siv", siv]] as const) {
  warehouseTest(
    `run and restore give the table back, and a second time do nothing (${name})`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const before = [await columnOf(place, table, "v"), await columnOf(place, table, "w")];
        await openAction(place, { sdk }).tokenize(table.urn, ["v", "w"]);
        const action = openAction(place, { sdk, restores: true });
        const counts = [];
        for (const dryRun of [true, false, false]) {
          const report = await action.tokenize(table.urn, ["v", "w"], { dryRun });
          counts.push([report.updated, report.skipped, report.foreign]);
        }
        assert.deepEqual(counts, [[ROWS, 0, 0], [ROWS, 0, 0], [0, ROWS, 0]]);
        assert.deepEqual(
          [await columnOf(place, table, "v"), await columnOf(place, table, "w")],
          before,
        );
        assert.equal(VALUES.v.length, ROWS);
      }),
  );
}

warehouseTest(
  "any text comes back; tokens of unknown keys and lookalikes are left alone",
  (place) =>
    withTable(place, ["CREATE TABLE $t (id INT, v STRING)"], async (table) => {
      const lost = await openKeyed("aes-siv", jwkSet(await sivJwk("lost")));
      const nowhere = { platform: "", dataset: [], column: "" };
      const [foreign] = await lost.tokenize(["x"], nowhere);
      const [token] = await siv.tokenize(["x"], nowhere);
      const forged = token!.replace(/.$/, (last) => last === "A" ? "Q" : "A");
      const texts = [...ANY_TEXT, foreign!, forged];
      const rows = texts.map((text, id) => `(${id}, ${literal(text)})`);
      await place.sql(`INSERT INTO ${table.sqlName} VALUES ${rows.join(", ")}`);
      const run = await openAction(place, { sdk: siv }).tokenize(table.urn, ["v"]);
      assert.equal(run.updated, ANY_TEXT.length);
      const action = openAction(place, { sdk: siv, restores: true });
      const { updated, skipped, foreign: left, lookalikes } = await action.tokenize(table.urn, [
        "v",
      ]);
      assert.deepEqual([updated, skipped, left, lookalikes], [ANY_TEXT.length, 2, 1, 1]);
      const after = await place.sql(`SELECT v FROM ${table.sqlName} ORDER BY id`);
      assert.deepEqual(after.map(({ v }) => v), texts);
    }),
);

warehouseTest("one-way tokens are refused", (place) =>
  withTable(place, HUNDRED, async (table) => {
    const hmac = await openKeyed("hmac-sha256", jwkSet(await hmacJwk("h1")));
    const action = openAction(place, { sdk: hmac, restores: true });
    const error = await action.fails("invalid_request", table.urn, ["v"]);
    assert.match(error.message, /^Cannot restore: /);
  }));
