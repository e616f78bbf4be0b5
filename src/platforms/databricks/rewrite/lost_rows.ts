/**
 * How many rows were changed by writes whose outcome is unknown, worked out from the table's history.
 *
 * Each version of a Delta table says how many rows its statement changed. A version is one of a run
 * like this if exactly as many rows fewer than before hold a value. Other writers' versions change
 * rows without that, or tokenize nothing.
 */

/** A version of the table, made by an UPDATE or MERGE. */
export interface ChangedVersion {
  readonly version: number;
  /** Rows that its statement changed, more than 0. */
  readonly rows: number;
}

/**
 * The versions that the acknowledged writes leave unexplained: of each number of rows, none if at most
 * as many versions as acknowledged writes have it, otherwise all of them, since nothing tells which of
 * them were acknowledged.
 */
export function unexplainedVersions(
  acknowledged: readonly number[],
  versions: readonly ChangedVersion[],
): ChangedVersion[] {
  const writes = Map.groupBy(acknowledged, (rows) => rows);
  return [...Map.groupBy(versions, ({ rows }) => rows)].flatMap(([rows, same]) =>
    same.length > (writes.get(rows)?.length ?? 0) ? same : []
  );
}

/**
 * Rows changed by writes that were not acknowledged.
 *
 * `acknowledged` has the number of rows of each write that was; `versions` are those made since the
 * run began; `tokenizedRows` tells, for each of the unexplained versions, by how many the rows that
 * hold a value became fewer with it.
 *
 * For example, a run wrote 10 rows, then 7 whose response was lost, and then 10 again. Meanwhile
 * others changed 10 rows, and 4. With the newest first:
 *
 * | version | rows | tokenized rows |                                                          |
 * | ------: | ---: | -------------: | -------------------------------------------------------- |
 * |      25 |   10 |             10 | a write of this run, acknowledged                        |
 * |      24 |   10 |              0 | not a run's, although its number of rows is acknowledged |
 * |      23 |    7 |              7 | a run's, and no write of 7 rows was acknowledged: lost   |
 * |      22 |    4 |              0 | not a run's                                              |
 * |      21 |   10 |             10 | a write of this run, acknowledged                        |
 *
 * `lostRows([10, 10], versions, tokenizedRows)` is 7.
 */
export function lostRows(
  acknowledged: readonly number[],
  versions: readonly ChangedVersion[],
  tokenizedRows: ReadonlyMap<number, number>,
): number {
  const ofRuns = unexplainedVersions(acknowledged, versions)
    .filter(({ version, rows }) => tokenizedRows.get(version) === rows);
  let lost = 0;
  for (const [rows, same] of Map.groupBy(ofRuns, (each) => each.rows)) {
    const known = acknowledged.filter((each) => each === rows).length;
    lost += rows * Math.max(0, same.length - known);
  }
  return lost;
}
