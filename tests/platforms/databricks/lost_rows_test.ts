/** What a table's history tells of writes whose outcome is unknown. */
import assert from "node:assert/strict";
import {
  type ChangedVersion,
  lostRows,
  unexplainedVersions,
} from "../../../src/platforms/databricks/rewrite/lost_rows.ts";

/** A history, newest first: the rows each version changed, and how many of them it tokenized. */
function history(...changes: (readonly [rows: number, tokenized: number])[]) {
  const versions: ChangedVersion[] = changes.map(([rows], i) => ({ version: 25 - i, rows }));
  const tokenizedRows = new Map(changes.map(([, tokenized], i) => [25 - i, tokenized]));
  return { versions, tokenizedRows };
}

function lostIn(
  acknowledged: readonly number[],
  ...changes: (readonly [rows: number, tokenized: number])[]
): number {
  const { versions, tokenizedRows } = history(...changes);
  return lostRows(acknowledged, versions, tokenizedRows);
}

Deno.test("nothing is lost if every version was acknowledged, or there is none", () => {
  assert.equal(lostIn([]), 0);
  assert.equal(lostIn([10, 7], [7, 7], [10, 10]), 0);
});

Deno.test("a version that nobody acknowledged is a lost write if it tokenized all its rows", () => {
  assert.equal(lostIn([], [10, 10]), 10);
  assert.equal(lostIn([10, 7], [7, 7], [5, 5], [10, 10]), 5);
});

Deno.test("a version of another writer is not, even if it tokenized some rows or added values", () => {
  assert.equal(lostIn([10], [10, 10], [4, 0]), 0);
  assert.equal(lostIn([10], [10, 10], [4, 3]), 0);
  assert.equal(lostIn([10], [10, 10], [4, -4]), 0);
});

Deno.test("of several versions with an acknowledged number of rows, only those of a run count", () => {
  assert.equal(lostIn([10], [10, 0], [10, 10]), 0);
  assert.equal(lostIn([10], [10, 10], [10, 0]), 0);
  assert.equal(lostIn([10], [10, 0], [10, 10], [10, 10]), 10);
  assert.equal(lostIn([10, 10], [10, 10], [10, 0], [7, 7], [4, 0], [10, 10]), 7);
});

Deno.test("a number of rows lost twice counts twice", () => {
  assert.equal(lostIn([5], [5, 5], [5, 5], [5, 5]), 10);
});

Deno.test("a version is only counted if the acknowledged writes do not explain it", () => {
  const { versions } = history([10, 10], [7, 7], [4, 0], [10, 10]);
  const versionsFor = (acknowledged: number[]) =>
    unexplainedVersions(acknowledged, versions).map(({ version }) => version);
  assert.deepEqual(versionsFor([10, 10, 7, 4]), []);
  assert.deepEqual(versionsFor([10, 10]), [24, 23]);
  assert.deepEqual(versionsFor([10, 7, 4]), [25, 22]);
  assert.deepEqual(versionsFor([]), [25, 22, 24, 23]);
});
