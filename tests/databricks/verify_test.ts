/** Verification on a warehouse: it says clean only if it is, and finds each fault that is planted. */
import assert from "node:assert/strict";
import { jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import {
  policies,
  SHOW_POLICIES,
  tablePermissionDenied,
} from "../../scripts/servers/warehouse/faults.ts";
import { findingOf, keyedKnown, unclean } from "../verify/verifier.ts";
import { openAction } from "./action.ts";
import { HUNDRED, ROWS } from "./hundred.ts";
import { standInOnly, warehouseTest, withTable } from "./place.ts";

const sdk = await openKeyed("aes-siv", jwkSet(await sivJwk("2026a")));
const known = await keyedKnown("aes-siv", { "aes-siv": ["2026a"] });

warehouseTest(
  "a table of tokens is clean by its values, and its older versions are not",
  (place) =>
    withTable(place, HUNDRED, async (table) => {
      const action = openAction(place, { sdk });
      const before = await action.verify(table.urn, ["v", "w"], known);
      assert.equal(before.verdict, "not_clean");
      assert.deepEqual(before.columns.map(({ plain }) => plain > 0), [true, true]);
      await action.tokenize(table.urn, ["v", "w"]);
      const after = await action.verify(table.urn, ["v", "w"], known);
      assert.equal(after.rows, ROWS);
      assert.equal(findingOf(after, "values").state, "clean");
      assert.match(after.snapshot!, /^version \d+$/);
      assert.match(
        findingOf(after, "history").detail!,
        /^version \d+ can still be read, and holds values$/,
      );
      assert.equal(after.verdict, "not_clean");
    }),
);

warehouseTest(
  "a table that only ever held tokens is clean",
  (place) =>
    withTable(place, ["CREATE TABLE $t (v STRING)"], async (table) => {
      const [token] = await sdk.tokenize(["x"], { platform: "", dataset: [], column: "" });
      await place.sql(`INSERT INTO ${table.sqlName} VALUES ('${token}'), (NULL)`);
      const found = await openAction(place, { sdk }).verify(table.urn, ["v"], known);
      assert.deepEqual(unclean(found), {});
      const [column] = found.columns;
      assert.deepEqual([found.rows, column!.nulls, column!.tokens[0]!.count], [2, 1, 1]);
    }),
);

warehouseTest(
  "one plain value, a changed token and a token of an unknown key are found",
  (place) =>
    withTable(place, ["CREATE TABLE $t (v STRING)"], async (table) => {
      const nowhere = { platform: "", dataset: [], column: "" };
      const [token] = await sdk.tokenize(["x"], nowhere);
      const lost = await openKeyed("aes-siv", jwkSet(await sivJwk("lost")));
      const [foreign] = await lost.tokenize(["x"], nowhere);
      const forged = token!.replace(/.$/, (last) => last === "A" ? "Q" : "A");
      const texts = [token, foreign, forged, "canary"].map((text) => `('${text}')`);
      await place.sql(`INSERT INTO ${table.sqlName} VALUES ${texts.join(", ")}`);
      const found = await openAction(place, { sdk }).verify(table.urn, ["v"], known);
      const { detail } = findingOf(found, "values");
      assert.equal(detail, "1 plain value, 1 lookalike, 1 token of an unknown key");
    }),
);

warehouseTest(
  "a column that is not text cannot be told, and no row is read",
  (place) =>
    withTable(place, ["CREATE TABLE $t (v STRING, n INT)"], async (table) => {
      const found = await openAction(place, { sdk }).verify(table.urn, ["n"], known);
      assert.deepEqual([found.verdict, found.rows], ["could_not_tell", null]);
      assert.match(findingOf(found, "visible").detail!, /"n" is not text/);
    }),
);

standInOnly(
  "policies, and policies that may not be seen, cannot be told",
  (place) =>
    withTable(place, ["CREATE TABLE $t (v STRING)"], async (table) => {
      await place.control.addFault(policies([["hide_pii", "COLUMN_MASK"]]));
      const masked = await openAction(place, { sdk }).verify(table.urn, ["v"], known);
      assert.deepEqual([masked.verdict, masked.rows], ["could_not_tell", null]);
      assert.match(findingOf(masked, "visible").detail!, /"hide_pii"/);
      const denied = tablePermissionDenied({ statement: SHOW_POLICIES, times: "always" });
      await place.control.addFault(denied);
      const unseen = await openAction(place, { sdk }).verify(table.urn, ["v"], known);
      assert.equal(unseen.verdict, "could_not_tell");
    }),
);
