/**
 * Stores what the owner knows of its run, which counts more than what others concluded when they could not
 * see it: a run that was taken for interrupted gets its real end. A run that the database has lost, since it
 * was restored from a copy, is there again.
 */
import { notifyOfRun } from "./notify.ts";
import { RUNS } from "./run_rows.ts";

/**
 * $1 to $6 as `runParameters`, $7 the owner, $8 the revision at least, $9 whether its key is released, $10
 * and $11 what the owner itself was asked: to cancel it, and fields of its throttle.
 */
export const PUT_RUN = `
WITH put AS (
  INSERT INTO ${RUNS} AS r (run_id, state, dataset_urn, created_at, finished_at, document, owner,
    revision, cancel_requested, throttle)
  VALUES ($1, $2, $3, $4::timestamptz, $5::timestamptz, $6::json, $7, $8::int8, $10::bool, $11::jsonb)
  ON CONFLICT (run_id) DO UPDATE SET
    state = excluded.state, finished_at = excluded.finished_at, changed_at = now(),
    document = excluded.document, revision = GREATEST(r.revision + 1, excluded.revision),
    idempotency_key = CASE WHEN $9::bool THEN NULL ELSE r.idempotency_key END,
    cancel_requested = r.cancel_requested OR excluded.cancel_requested,
    throttle = CASE WHEN excluded.throttle IS NULL THEN r.throttle
      ELSE COALESCE(r.throttle, '{}') || excluded.throttle END
  WHERE r.owner = excluded.owner AND r.state NOT IN ('succeeded', 'failed', 'cancelled')
  RETURNING r.run_id, r.revision, r.cancel_requested, r.throttle
), notified AS (${notifyOfRun("$7", "put.run_id", "put")})
SELECT put.revision::float8, put.cancel_requested, put.throttle, (SELECT count(*) FROM notified)
FROM put`;
