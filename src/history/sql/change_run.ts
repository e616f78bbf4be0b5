/** Changes the run of another owner, if it is still as it was read. */
import { notifyOfRun } from "./notify.ts";
import { RUN_COLUMNS, RUNS } from "./run_rows.ts";

/** $1 to $6 as `runParameters`, $7 who changes it, $8 the revision, $9 whether its key is released. */
export const CHANGE_RUN = `
WITH changed AS (
  UPDATE ${RUNS} r SET state = $2, dataset_urn = $3, created_at = $4::timestamptz,
    finished_at = $5::timestamptz, changed_at = now(), document = $6::json, revision = r.revision + 1,
    idempotency_key = CASE WHEN $9::bool THEN NULL ELSE r.idempotency_key END
  WHERE r.run_id = $1 AND r.revision = $8::int8
  RETURNING r.run_id, ${RUN_COLUMNS}
), notified AS (${notifyOfRun("$7", "changed.run_id", "changed")})
SELECT changed.*, (SELECT count(*) FROM notified) FROM changed`;
