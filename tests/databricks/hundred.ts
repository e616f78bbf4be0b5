/** A table of a hundred rows with two columns of values, for the SDKs' tests on a warehouse. */
import type { Action } from "./action.ts";
import type { Place, TestTable } from "./place.ts";

export const ROWS = 100;

/** Makes it; in `v` ten values occur ten times each, in `w` all are different. */
export const HUNDRED = [
  "CREATE TABLE $t (id BIGINT, v STRING, w STRING)",
  `INSERT INTO $t SELECT id, concat('canary ', id % 10), concat('canary', id) FROM range(${ROWS})`,
];

/** Its values, by `id`. */
export const VALUES = {
  v: Array.from({ length: ROWS }, (_, id) => `canary ${id % 10}`),
  w: Array.from({ length: ROWS }, (_, id) => `canary${id}`),
};

/** What stands in a column, by `id`. */
export async function columnOf(
  place: Place,
  { sqlName }: TestTable,
  name: string,
): Promise<string[]> {
  const rows = await place.sql(`SELECT ${name} AS v FROM ${sqlName} ORDER BY id`);
  return rows.map((row) => row.v as string);
}

/** Tokenizes both columns twice. Gives the rows updated, skipped and foreign, each time. */
export async function tokenizeTwice(action: Action, { urn }: TestTable): Promise<number[][]> {
  const counts = [];
  for (let time = 0; time < 2; time++) {
    const { updated, skipped, foreign } = await action.tokenize(urn, ["v", "w"]);
    counts.push([updated, skipped, foreign]);
  }
  return counts;
}
