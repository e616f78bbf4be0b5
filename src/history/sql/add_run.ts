/**
 * Adds a run, unless there is one with its key, or it was added before by an attempt whose response was
 * lost. Gives the run that is there; nothing, if another one with its key came in at the same moment.
 */
import { notifyOfRun } from "./notify.ts";
import { RUN_COLUMNS, RUNS } from "./run_rows.ts";

/** $1 to $6 as `runParameters`, $7 the owner, $8 the key, $9 the hash of the body. */
export const ADD_RUN = `
WITH added AS (
  INSERT INTO ${RUNS} AS r
    (run_id, state, dataset_urn, created_at, finished_at, document, owner, idempotency_key, body_hash)
  VALUES ($1, $2, $3, $4::timestamptz, $5::timestamptz, $6::json, $7, $8, $9)
  ON CONFLICT DO NOTHING
  RETURNING r.run_id, r.body_hash, ${RUN_COLUMNS}
), notified AS (${notifyOfRun("$7", "added.run_id", "added")})
SELECT added.*, (SELECT count(*) FROM notified) FROM added
UNION ALL
SELECT r.run_id, r.body_hash, ${RUN_COLUMNS}, 0 FROM ${RUNS} r
WHERE (r.run_id = $1 OR r.idempotency_key = $8) AND NOT EXISTS (SELECT FROM added)`;
