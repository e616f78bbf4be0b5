/**
 * Strings that are not valid UTF-8, as a cast from binary makes them. Read as text they would change,
 * and different ones would become the same token: a run that would have to convert one is refused, with
 * the column and the number of such values, and what need not be converted stays byte by byte.
 */
import assert from "node:assert/strict";
import { jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import { BOTH_WAYS, inClient, openAction, pushdown } from "./action.ts";
import { type Place, standInOnly, type TestTable, warehouseTest, withTable } from "./place.ts";

const NOWHERE = { platform: "postgres", dataset: [], column: "" };
const keys = jwkSet(await sivJwk("s1"));

/** "José" in Latin-1, the start of a longer sequence, an encoded surrogate, an overlong slash. */
const INVALID = ["4A6F73E9", "63616E617279E282", "EDA080", "C0AF"];
const MIXED = [
  "CREATE TABLE $t (id INT, v STRING, w STRING)",
  `INSERT INTO $t VALUES ${
    INVALID.map((hex, id) => `(${id}, cast(X'${hex}' AS STRING), 'canary')`).join(", ")
  }, (4, 'canary', cast(X'FF' AS STRING)), (5, 'José', NULL)`,
];

/** The bytes in a column, as hexadecimal digits. */
async function bytesIn(place: Place, { sqlName }: TestTable, column = "v"): Promise<string[]> {
  const rows = await place.sql(
    `SELECT hex(cast(${column} AS BINARY)) AS h FROM ${sqlName} ORDER BY id`,
  );
  return rows.map((row) => row.h as string);
}

for (const [method, sdk] of BOTH_WAYS) {
  warehouseTest(
    `${method}: bytes that are not UTF-8 are refused before anything changes, in a dry run too`,
    (place) =>
      withTable(place, MIXED, async (table) => {
        const before = [await bytesIn(place, table), await bytesIn(place, table, "w")];
        const action = openAction(place, { sdk });
        for (const dryRun of [true, false]) {
          const error = await action.fails("value_not_text", table.urn, ["v", "w"], { dryRun });
          assert.match(
            error.message,
            /column "v" holds 4 values that are not valid text, column "w" holds 1 value that is not/,
          );
        }
        const after = [await bytesIn(place, table), await bytesIn(place, table, "w")];
        assert.deepEqual(after, before);

        await place.sql(`DELETE FROM ${table.sqlName} WHERE id < 4`);
        const { updated, skipped } = await action.tokenize(table.urn, ["v"]);
        assert.deepEqual([updated, skipped], [2, 0]);
        assert.deepEqual((await bytesIn(place, table, "w"))[0], "FF");
      }),
  );
}

warehouseTest(
  "a rotation leaves bytes that are not UTF-8 as they are, beside the tokens it replaces",
  (place) =>
    withTable(place, ["CREATE TABLE $t (id INT, v STRING, w STRING)"], async (table) => {
      const [token] = await pushdown.tokenize(["canary"], NOWHERE);
      const rows = INVALID.map((hex, id) => `(${id}, '${token}', cast(X'${hex}' AS STRING))`);
      await place.sql(`INSERT INTO ${table.sqlName} VALUES ${rows.join(", ")}`);
      const sdk = await openKeyed("aes-siv", keys);
      const action = openAction(place, { sdk, rotateFrom: { sdk: pushdown, keyId: undefined } });
      const { updated, skipped } = await action.tokenize(table.urn, ["v", "w"]);
      assert.deepEqual([updated, skipped], [INVALID.length, 0]);
      assert.deepEqual(await bytesIn(place, table, "w"), INVALID);
      const [made] = await sdk.tokenize(["canary"], NOWHERE);
      const [row] = await place.sql(
        `SELECT count_if(v = '${made}') AS n FROM ${table.sqlName}`,
      );
      assert.equal(Number(row!.n), INVALID.length);
    }),
);

standInOnly(
  "client: such bytes that another writer adds are refused when they are found, and stay",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (id INT, v STRING)",
      "INSERT INTO $t SELECT id, concat('canary ', id) FROM range(4)",
    ], async (table) => {
      const add = `INSERT INTO ${table.sqlName} VALUES (9, cast(X'4A6F73E9' AS STRING))`;
      await place.control.addFault(faults.writerBetween("before", [add], { statement: "^MERGE" }));
      const action = openAction(place, { sdk: inClient });
      const error = await action.fails("value_not_text", table.urn, ["v"]);
      assert.match(error.message, /holds 1 value .*; 4 rows were written before and stay/);
      assert.deepEqual((await bytesIn(place, table)).at(-1), "4A6F73E9");
    }),
);

/** Strings of random bytes; many are UTF-8 but for one byte. */
function randomBytes(count: number): Uint8Array[] {
  const encoder = new TextEncoder();
  return Array.from({ length: count }, (_, i) => {
    const bytes = i % 2 === 0
      ? crypto.getRandomValues(new Uint8Array(i % 13))
      : encoder.encode(`é漢😀 ${i}\u{D7FF}\u{10FFFF}`);
    if (i % 4 === 1) bytes[i % bytes.length] = crypto.getRandomValues(new Uint8Array(1))[0]!;
    return bytes;
  });
}

/** The text; undefined if the bytes are not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

for (const [method, sdk] of BOTH_WAYS) {
  warehouseTest(
    `${method}: of arbitrary bytes exactly those that are not UTF-8 are refused, the others converted`,
    (place) =>
      withTable(place, ["CREATE TABLE $t (id INT, v STRING)"], async (table) => {
        const values = randomBytes(400);
        const texts = values.map(decode);
        const rows = values.map((bytes, id) => `(${id}, cast(X'${bytes.toHex()}' AS STRING))`);
        await place.sql(`INSERT INTO ${table.sqlName} VALUES ${rows.join(", ")}`);
        const invalid = texts.filter((text) => text === undefined).length;
        assert.ok(invalid > 20 && invalid < 380);
        const action = openAction(place, { sdk });
        const error = await action.fails("value_not_text", table.urn, ["v"]);
        assert.match(error.message, new RegExp(`column "v" holds ${invalid} values`));

        const ids = texts.flatMap((text, id) => text === undefined ? [id] : []);
        await place.sql(`DELETE FROM ${table.sqlName} WHERE id IN (${ids.join(", ")})`);
        const left = texts.filter((text) => text !== undefined);
        assert.equal((await action.tokenize(table.urn, ["v"])).updated, left.length);
        const tokens = await pushdown.tokenize(left, NOWHERE);
        const encoder = new TextEncoder();
        assert.deepEqual(
          await bytesIn(place, table),
          tokens.map((token) => encoder.encode(token).toHex().toUpperCase()),
        );
      }),
  );
}
