/** Reads runs. */
import { LIVE, RUN_COLUMNS, RUNS } from "./run_rows.ts";

/** $1 the run. */
export const FIND_RUN = `SELECT ${RUN_COLUMNS} FROM ${RUNS} r WHERE r.run_id = $1`;

/** What changes and may be asked about: runs that have not ended, and those that just did. */
export const FIND_CHANGING = `
SELECT r.run_id, r.revision::float8 FROM ${RUNS} r WHERE r.finished_at IS NULL
UNION ALL
SELECT r.run_id, r.revision::float8 FROM ${RUNS} r WHERE r.finished_at > now() - interval '30 s'`;

/** Whether a list is of some states, of a dataset, or goes on after a run. */
export interface ListShape {
  readonly states: number;
  readonly dataset: boolean;
  readonly after: boolean;
}

/**
 * Lists runs, newest first. The parameters: the limit; the states; the dataset; and the time and the id of
 * the run that it goes on after. Each condition has an index, and the text depends on which there are, so
 * that the plan does, too.
 */
export function listRuns({ states, dataset, after }: ListShape): string {
  let place = 1;
  const next = () => `$${++place}`;
  const newestFirst = "r.created_at DESC, r.run_id DESC";
  const wanted = Array.from({ length: states }, next);
  const others = [
    ...(dataset ? [sameDataset(next())] : []),
    ...(after ? [`(r.created_at, r.run_id) < (${next()}::timestamptz, ${next()})`] : []),
  ];
  const select = (conditions: readonly string[]) => {
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    return `SELECT r.* FROM ${RUNS} r ${where} ORDER BY ${newestFirst} LIMIT $1::int4`;
  };
  // one walk of the index for each state, of which the newest are taken
  const from = wanted.length === 0 || dataset
    ? select([...(wanted.length > 0 ? [`r.state IN (${wanted.join(", ")})`] : []), ...others])
    : wanted.map((state) => `(${select([`r.state = ${state}`, ...others])})`).join(" UNION ALL ");
  return `SELECT ${RUN_COLUMNS} FROM (${from}) r ORDER BY ${newestFirst} LIMIT $1::int4`;
}

function sameDataset(urn: string): string {
  return `left(r.dataset_urn, 300) = left(${urn}, 300) AND r.dataset_urn = ${urn}`;
}

/** How many runs are under way of each owner: $1 the owner. */
export const COUNT_LIVE =
  `SELECT count(*)::int4 FROM ${RUNS} r WHERE r.owner = $1 AND r.state IN ${LIVE}`;
