/** Reads runs. */
import { RUN_COLUMNS, RUNS } from "./run_rows.ts";

/** $1 the run. */
export const FIND_RUN = `SELECT ${RUN_COLUMNS} FROM ${RUNS} r WHERE r.run_id = $1`;

/** What changes and may be asked about: runs that have not ended, and those that just did. */
export const FIND_CHANGING = `
SELECT r.run_id, r.revision::float8 FROM ${RUNS} r WHERE r.finished_at IS NULL
UNION ALL
SELECT r.run_id, r.revision::float8 FROM ${RUNS} r WHERE r.finished_at > now() - interval '30 s'`;

/** What a list is filtered by, and whether it goes on after a run. */
export interface ListShape {
  /** How many states. */
  readonly states: number;
  readonly dataset: boolean;
  readonly after: boolean;
}

/**
 * Lists runs, newest first. The parameters: the limit; the states, of which there is at least one; the
 * dataset; and the time and the id of the run that it goes on after.
 *
 * Those of a dataset are found by its index. All others are found by one walk of the index of the states for
 * each of them, of which the newest are taken. There is no third index, and the conditions are written so that
 * each fits one of the two: else the planner might walk through all runs in search of a few, or sort all of a
 * dataset: it multiplies how few runs each condition leaves, of which the second follows from the first.
 */
export function listRuns({ states, dataset, after }: ListShape): string {
  let place = 1;
  const next = () => `$${++place}`;
  const newestFirst = "r.created_at DESC, r.run_id DESC";
  const wanted = Array.from({ length: states }, next);
  const urn = dataset ? next() : "";
  const later = after ? [`(r.created_at, r.run_id) < (${next()}::timestamptz, ${next()})`] : [];
  const select = (conditions: readonly string[]) =>
    `SELECT r.* FROM ${RUNS} r WHERE ${conditions.concat(later).join(" AND ")} ` +
    `ORDER BY ${newestFirst} LIMIT $1::int4`;
  const from = dataset
    ? select([
      `left(r.dataset_urn, 300) = left(${urn}, 300)`,
      `CASE WHEN r.dataset_urn = ${urn} AND r.state IN (${wanted.join(", ")}) THEN true END`,
    ])
    : wanted.map((state) => `(${select([`r.state = ${state}`])})`).join(" UNION ALL ");
  return `SELECT ${RUN_COLUMNS} FROM (${from}) r ORDER BY ${newestFirst} LIMIT $1::int4`;
}
