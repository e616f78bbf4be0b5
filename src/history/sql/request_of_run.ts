/** Leaves a request for the owner of a run that has not ended. */
import { NO_THROTTLE } from "../../platforms/throttle.ts";
import { notifyOfRun } from "./notify.ts";
import { LIVE, RUN_COLUMNS, RUNS } from "./run_rows.ts";

/** $1 the run, $2 who asks, $3 whether it is to end, $4 the fields of its throttle to change, or null. */
export const REQUEST_OF_RUN = `
WITH changed AS (
  UPDATE ${RUNS} r SET changed_at = now(), revision = r.revision + 1,
    cancel_requested = r.cancel_requested OR $3::bool,
    throttle = CASE WHEN $4::jsonb IS NULL THEN r.throttle
      ELSE '${JSON.stringify(NO_THROTTLE)}'::jsonb || COALESCE(r.throttle, '{}') || $4::jsonb END
  WHERE r.run_id = $1 AND r.state IN ${LIVE}
  RETURNING r.run_id, ${RUN_COLUMNS}
), notified AS (${notifyOfRun("$2", "changed.run_id", "changed")})
SELECT changed.*, (SELECT count(*) FROM notified) FROM changed`;
