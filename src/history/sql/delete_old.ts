/**
 * Deletes what is older than is to be kept, a little at a time, so that no statement holds locks for long.
 * The chain of receipts loses its beginning only, and never its end.
 */
import { SCHEMA } from "../migrations.ts";
import { RUNS } from "./run_rows.ts";

/** $1 the age in milliseconds, $2 the most rows. Gives how many runs were deleted. */
export const DELETE_OLD_RUNS = `
WITH old AS (
  SELECT r.run_id FROM ${RUNS} r
  WHERE r.finished_at < now() - $1::float8 * interval '1 ms' ORDER BY r.finished_at LIMIT $2::int4
), deleted AS (
  DELETE FROM ${RUNS} r USING old WHERE r.run_id = old.run_id RETURNING 1
)
SELECT count(*)::int4 FROM deleted`;

/** The same of receipts. */
export const DELETE_OLD_RECEIPTS = `
WITH deleted AS (
  DELETE FROM ${SCHEMA}.receipts d WHERE d.sequence IN (
    SELECT r.sequence FROM ${SCHEMA}.receipts r WHERE r.sequence < (
      SELECT COALESCE(min(young.sequence), (SELECT max(sequence) FROM ${SCHEMA}.receipts))
      FROM ${SCHEMA}.receipts young
      WHERE young.created_at >= now() - $1::float8 * interval '1 ms'
    ) ORDER BY r.sequence LIMIT $2::int4
  ) RETURNING 1
)
SELECT count(*)::int4 FROM deleted`;

/** Events that were handed over and that no leader took: a sweep has found since what they were about. */
export const DELETE_OLD_EVENTS =
  `DELETE FROM ${SCHEMA}.datahub_events WHERE created_at < now() - interval '1 d'`;
