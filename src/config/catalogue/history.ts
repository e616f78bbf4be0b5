/** The settings of the history: where runs are kept, and for how long. */
import { connectionString, duration, text } from "../setting.ts";

/** By variable. */
export const HISTORY = {
  HISTORY_CONN_STR: connectionString(
    "the Postgres database that keeps [the history of runs](runs.md#history), as in [`PG_CONN_STR`](#the-postgres-connection-string)",
    "runs are kept in memory",
  ),
  HISTORY_RETENTION: duration(
    "how long a finished run is kept there: a [duration](#durations) from `1h`",
    "`90d`",
  ),
  REPLICA_NAME: text(
    "what this process is called in the history: a pod's name, for one",
    "a name at random",
  ),
};
