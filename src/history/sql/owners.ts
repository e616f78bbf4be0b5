/** Processes that execute runs, and what becomes of the runs of those that are gone. */
import { LOCKS } from "../locks.ts";
import { SCHEMA } from "../migrations.ts";
import { notifyOfRun } from "./notify.ts";
import { LIVE, RUNS } from "./run_rows.ts";

const OWNERS = `${SCHEMA}.owners`;

/** $1 the owner, $2 what its process is called. Gives the number of its lock. */
export const REGISTER_OWNER = `
INSERT INTO ${OWNERS} AS o (owner, replica) VALUES ($1, $2)
ON CONFLICT (owner) DO UPDATE SET lost_at = NULL
RETURNING o.lock_id`;

/** $1 the owner. It stays, to be found, if a run of it has not ended. */
export const REMOVE_OWNER = `
DELETE FROM ${OWNERS} o WHERE o.owner = $1
  AND NOT EXISTS (SELECT FROM ${RUNS} r WHERE r.owner = $1 AND r.finished_at IS NULL)`;

/** Whether the owner's lock is held by a session. Anybody may read this. */
const IS_ALIVE = `EXISTS (SELECT FROM pg_catalog.pg_locks l
  WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
    AND l.classid = ${LOCKS.owner}::int8::oid AND l.objid = o.lock_id::int8::oid)`;

/** Notes since when an owner's lock is free, and forgets it if it is held again. */
export const WATCH_OWNERS = `
UPDATE ${OWNERS} o SET lost_at = CASE WHEN o.lost_at IS NULL THEN now() END
WHERE (o.lost_at IS NULL) = NOT ${IS_ALIVE}`;

/**
 * Ends the runs of owners that have been gone for $1 milliseconds, and removes those owners; also runs of
 * owners that are not there, as after the database was restored from a copy. Their keys may begin other runs:
 * a caller that sends its request again gets what it asked for.
 *
 * $2 who does so, $3 and $4 the problems of a run that had begun and of one that had not, without its id.
 */
export const END_LOST_RUNS = `
WITH gone AS (
  DELETE FROM ${OWNERS} o
  WHERE o.lost_at < now() - $1::float8 * interval '1 ms' AND NOT ${IS_ALIVE}
  RETURNING o.owner
), lost AS (
  SELECT gone.owner FROM gone
  UNION
  SELECT r.owner FROM ${RUNS} r
  WHERE r.finished_at IS NULL AND NOT EXISTS (SELECT FROM ${OWNERS} o WHERE o.owner = r.owner)
), ended AS (
  UPDATE ${RUNS} r SET state = 'interrupted', finished_at = now(), changed_at = now(),
    revision = r.revision + 1, idempotency_key = NULL,
    document = (r.document::jsonb || jsonb_build_object(
      'state', 'interrupted',
      'finished_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'problem', CASE r.state WHEN 'running' THEN $3::jsonb ELSE $4::jsonb END
        || jsonb_build_object('run_id', r.run_id)
    ))::json
  FROM lost WHERE r.owner = lost.owner AND r.state IN ${LIVE}
  RETURNING r.run_id
), notified AS (${notifyOfRun("$2", "ended.run_id", "ended")})
SELECT (SELECT count(*) FROM gone)::int4, (SELECT count(*) FROM ended)::int4,
  (SELECT count(*) FROM notified)`;
