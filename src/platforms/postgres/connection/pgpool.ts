/**
 * Whether a session may go through pgpool-II. It can send reads to standby servers, which lag behind;
 * respond to them from a cache; and send each write to several servers, on which a row has not the same
 * address. A run would miss values then, or write to the wrong rows, and succeed.
 *
 * Source: pgpool-II documentation, "Clustering mode", "Load Balancing", "In Memory Query Cache" and "SHOW
 * POOL_VERSION"; tried on 4.3.
 */
import { ServiceError } from "../../../errors.ts";
import type { Session } from "./session.ts";

const ACTION = "read the settings of pgpool-II";
/** The modes in which one server gets every write. */
const MODES_OF_ONE_PRIMARY = ["raw", "streaming_replication", "logical_replication", "slony"];
const UNKNOWN_SETTING = "42704";

/**
 * Whether the session goes through pgpool-II. PostgreSQL reports an error for the question, which it also
 * logs. Throws `database_error` if that pgpool-II is not set up so that every statement reaches one server.
 */
export async function goesThroughPgpool(session: Session): Promise<boolean> {
  if (await show(session, "SHOW pool_version") === undefined) return false;
  const [mode, balances, caches] = await Promise.all([
    show(session, "PGPOOL SHOW backend_clustering_mode"),
    show(session, "PGPOOL SHOW load_balance_mode"),
    show(session, "PGPOOL SHOW memory_cache_enabled"),
  ]);
  if (mode === undefined) throw refused("is older than 4.2", "update it");
  if (!MODES_OF_ONE_PRIMARY.includes(mode)) {
    throw refused(`sends each write to several servers (${mode})`, "use another mode");
  }
  if (balances !== "off") {
    throw refused("may send reads to other servers", "set its load_balance_mode to off");
  }
  if (caches !== "off") {
    throw refused("may respond from a cache", "set its memory_cache_enabled to off");
  }
  return true;
}

/** The value; undefined if there is no such setting. */
async function show(session: Session, statement: string): Promise<string | undefined> {
  try {
    const { rows: [row] } = await session.query<[value: string]>(ACTION, statement);
    return row?.[0];
  } catch (error) {
    const isUnknown = error instanceof ServiceError && error.facts.sqlState === UNKNOWN_SETTING;
    if (isUnknown) return undefined;
    throw error;
  }
}

function refused(what: string, cure: string): ServiceError {
  return new ServiceError(
    "database_error",
    `Cannot connect to Postgres: pgpool-II is in between and ${what}: ${cure}, or connect to the ` +
      "primary server",
  );
}
