/** Who leads what, and what others leave for who does. */
import { CHANNEL } from "../presence.ts";
import { SCHEMA } from "../migrations.ts";

const LEADERS = `${SCHEMA}.leaders`;
const EVENTS = `${SCHEMA}.datahub_events`;

/** $1 what is led, $2 the owner, $3 the replica. */
export const TAKE_LEAD = `
INSERT INTO ${LEADERS} (name, owner, replica) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET owner = $2, replica = $3, since = now(), status = NULL`;

/** $1 what is led, $2 the owner, $3 how it is, as JSON. */
export const PUBLISH_STATUS =
  `UPDATE ${LEADERS} SET status = $3::json WHERE name = $1 AND owner = $2`;

/** $1 what is led. */
export const FIND_LEADER = `SELECT owner, replica, status FROM ${LEADERS} WHERE name = $1`;

/** $1 what is led, $2 the owner: it leads no more. */
export const GIVE_UP_LEAD = `DELETE FROM ${LEADERS} WHERE name = $1 AND owner = $2`;

/** $1 what is led, $2 events as a JSON array, $3 who hands them over. */
export const HAND_OVER = `
WITH handed AS (
  INSERT INTO ${EVENTS} (leader, event)
  SELECT $1, event FROM jsonb_array_elements($2::jsonb) AS event RETURNING 1
)
SELECT pg_catalog.pg_notify('${CHANNEL}', $3 || ' ' || 'events') FROM handed LIMIT 1`;

/** $1 what is led. Gives what was handed over, oldest first. */
export const TAKE_EVENTS = `
WITH taken AS (
  DELETE FROM ${EVENTS} WHERE leader = $1 RETURNING id, event
)
SELECT event FROM taken ORDER BY id`;
