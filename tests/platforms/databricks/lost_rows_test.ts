/** What a table's history shows about writes whose outcome is unknown. */
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

Deno.test("no write is lost if every version was acknowledged, or if there is none", () => {
  assert.equal(lostIn([]), 0);
  assert.equal(lostIn([10, 7], [7, 7], [10, 10]), 0);
});

Deno.test("a version without acknowledgement is a lost write if it tokenized all its rows", () => {
  assert.equal(lostIn([], [10, 10]), 10);
  assert.equal(lostIn([10, 7], [7, 7], [5, 5], [10, 10]), 5);
});

Deno.test("a version of another writer is no lost write, even if it tokenized some rows", () => {
  assert.equal(lostIn([10], [10, 10], [4, 0]), 0);
  assert.equal(lostIn([10], [10, 10], [4, 3]), 0);
  assert.equal(lostIn([10], [10, 10], [4, -4]), 0);
});

Deno.test("versions with an acknowledged number of rows count only if a run wrote them", () => {
  assert.equal(lostIn([10], [10, 0], [10, 10]), 0);
  assert.equal(lostIn([10], [10, 10], [10, 0]), 0);
  assert.equal(lostIn([10], [10, 0], [10, 10], [10, 10]), 10);
  assert.equal(lostIn([10, 10], [10, 10], [10, 0], [7, 7], [4, 0], [10, 10]), 7);
});

Deno.test("two lost writes of the same number of rows count twice", () => {
  assert.equal(lostIn([5], [5, 5], [5, 5], [5, 5]), 10);
});

Deno.test("a version counts only if no acknowledged write explains it", () => {
  const { versions } = history([10, 10], [7, 7], [4, 0], [10, 10]);
  const versionsFor = (acknowledged: number[]) =>
    unexplainedVersions(acknowledged, versions).map(({ version }) => version);
  assert.deepEqual(versionsFor([10, 10, 7, 4]), []);
  assert.deepEqual(versionsFor([10, 10]), [24, 23]);
  assert.deepEqual(versionsFor([10, 7, 4]), [25, 22]);
  assert.deepEqual(versionsFor([]), [25, 22, 24, 23]);
});
