/** Every SDK on a warehouse: tokens, foreign tokens, rotation to another SDK or key. */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import { openAction, pushdown } from "./action.ts";
import { columnOf, HUNDRED, ROWS, tokenizeTwice, VALUES } from "./hundred.ts";
import { literal, warehouseTest, withTable } from "./place.ts";

const keys = jwkSet(await sivJwk("s2"), await hmacJwk("h1"), await sivJwk("s1"));
const oldKeys = jwkSet(await sivJwk("s1"));
const NOWHERE = { platform: "postgres", dataset: [], column: "" };
for (const mode of ["hmac-sha256", "aes-siv"]) {
  warehouseTest(
    `${mode}: the first run updates 100 rows, the second none; the tokens are the SDK's`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const sdk = await openKeyed(mode, keys);
        const action = openAction(place, { sdk });
        assert.deepEqual(await tokenizeTwice(action, table), [[ROWS, 0, 0], [0, ROWS, 0]]);
        for (const name of ["v", "w"] as const) {
          const tokens = await sdk.tokenize(VALUES[name], NOWHERE);
          assert.deepEqual(await columnOf(place, table, name), tokens);
        }
      }),
  );
}

warehouseTest(
  "from dummy to aes-siv to a new key to hmac-sha256, every value gets its token",
  (place) =>
    withTable(place, HUNDRED, async (table) => {
      const old = await openKeyed("aes-siv", oldKeys);
      const siv = await openKeyed("aes-siv", keys);
      const hmac = await openKeyed("hmac-sha256", keys);
      await openAction(place, { sdk: pushdown }).tokenize(table.urn, ["v", "w"]);
      const steps = [
        { sdk: old, rotateFrom: { sdk: pushdown, keyId: undefined } },
        { sdk: siv, rotateFrom: { sdk: siv, keyId: "s1" } },
        { sdk: hmac, rotateFrom: { sdk: siv, keyId: undefined } },
      ];
      for (const { sdk, rotateFrom } of steps) {
        const foreign = await openAction(place, { sdk }).tokenize(table.urn, ["v", "w"]);
        assert.deepEqual([foreign.updated, foreign.foreign], [0, 2 * ROWS]);
        const action = openAction(place, { sdk, rotateFrom });
        const reports = [];
        for (const dryRun of [true, false, false]) {
          const report = await action.tokenize(table.urn, ["v", "w"], { dryRun });
          reports.push([report.updated, report.skipped, report.foreign, report.lookalikes]);
        }
        assert.deepEqual(reports, [[ROWS, 0, 0, 0], [ROWS, 0, 0, 0], [0, ROWS, 0, 0]]);
        for (const name of ["v", "w"] as const) {
          const tokens = await sdk.tokenize(VALUES[name], NOWHERE);
          assert.deepEqual(await columnOf(place, table, name), tokens);
        }
      }
    }),
);

warehouseTest(
  "lookalikes and foreign tokens are left alone, and their rows are counted",
  (place) => {
    const forged = `tk1_siv_g_s1_${"A".repeat(22)}`;
    return withTable(place, [
      "CREATE TABLE $t (id BIGINT, v STRING, w STRING)",
    ], async (table) => {
      const siv = await openKeyed("aes-siv", keys);
      const old = await openKeyed("aes-siv", oldKeys);
      const [token] = await old.tokenize(["canary"], NOWHERE);
      const [dummy] = await pushdown.tokenize(["canary"], NOWHERE);
      const rows = [[forged, forged], [forged, forged], [forged, token], [token, dummy], [
        "a",
        null,
      ]];
      const listed = rows.map(([v, w], id) => `(${id}, ${literal(v!)}, ${literal(w ?? null)})`);
      await place.sql(`INSERT INTO ${table.sqlName} VALUES ${listed.join(", ")}`);
      const action = openAction(place, { sdk: siv, rotateFrom: { sdk: siv, keyId: "s1" } });
      const reports = [];
      for (const dryRun of [true, false, false]) {
        const report = await action.tokenize(table.urn, ["v", "w"], { dryRun });
        reports.push([report.updated, report.skipped, report.foreign, report.lookalikes]);
      }
      assert.deepEqual(reports, [[2, 3, 1, 5], [2, 3, 1, 5], [0, 5, 1, 5]]);
      const [made] = await siv.tokenize(["canary"], NOWHERE);
      assert.deepEqual(await columnOf(place, table, "v"), [forged, forged, forged, made, "a"]);
      assert.deepEqual(await columnOf(place, table, "w"), [forged, forged, made, dummy, null]);

      const dry = await openAction(place, { sdk: siv })
        .tokenize(table.urn, ["v", "w"], { dryRun: true });
      assert.deepEqual([dry.updated, dry.foreign, dry.lookalikes], [1, 6, 5]);
    });
  },
);
