/**
 * From what the client threw to the error that a caller may see. The server's message can hold row
 * values, so only the SQLSTATE is passed on, and the constraint's name once it is known to be one.
 *
 * Source of the states: PostgreSQL documentation, "Appendix A. PostgreSQL Error Codes".
 */
import { noteRefusal } from "../../../sandbox_refusals.ts";
import { type ErrorCode, ServiceError } from "../../../errors.ts";
import { PostgresError } from "../protocol/backend_messages.ts";
import { AuthenticationFault, ConnectionFault } from "../protocol/connection_fault.ts";
import { isKnownState } from "./known_states.ts";
import { ReportedError } from "./reported_error.ts";

/** Not the table itself, which the look-up has found; and a run has no `search_path`. */
const MISSING =
  "a table or function is missing: dropped during the run, or named without its schema by " +
  "a trigger, constraint or index of the table";

/** One side of a foreign key has the tokens, the other keeps the values. */
const REFERRED_TO = "a foreign key refuses the tokens, since its other side keeps the values: " +
  "ON UPDATE CASCADE would carry the tokens there";

/** What a state, or a class of states (its first two characters), means for a run. */
const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  "55P03": ["lock_timeout", "another session holds a lock on the rows or the table"],
  "40001": ["conflict", "other transactions changed the same rows"],
  "40P01": ["conflict", "it was in a deadlock with another transaction"],
  "57014": [
    "timeout",
    "a statement took longer than PG_STATEMENT_TIMEOUT_MS, or the statement_timeout of the server, allows",
  ],
  "25P03": ["timeout", "the server's idle_in_transaction_session_timeout expired"],
  "25P04": ["timeout", "the server's transaction_timeout expired"],
  "22001": ["value_too_long", "a token is longer than its column allows"],
  "42501": ["permission_denied", "the role lacks a privilege that the run needs"],
  "42P01": ["table_not_supported", MISSING],
  "42883": ["table_not_supported", MISSING],
  "42703": ["column_not_found", "a column is gone"],
  "22021": ["value_not_text", "a value is not valid in the database's encoding"],
  "22P05": ["value_not_text", "a value has no equivalent in UTF-8"],
  "54000": ["value_too_long", "a token is too long for its row or for an index on its column"],
  "42P10": [
    "table_not_supported",
    "a publication's row filter or column list needs columns outside of the replica identity",
  ],
  "55000": [
    "table_not_supported",
    "the table cannot be updated in its present state: is it published without a replica identity?",
  ],
  "0A000": ["database_error", "the server cannot do that: is it a standby?"],
  "25006": ["database_error", "the database is read-only: is it a standby?"],
  "53100": ["database_error", "the server's disk is full"],
  "53200": [
    "database_error",
    "the server is out of memory, or its lock table is full (max_locks_per_transaction)",
  ],
  "53400": ["database_error", "a limit of the server was reached, such as temp_file_limit"],
  "53300": [
    "database_unreachable",
    "no connection is left, of the server's, the database's or the role's own limit",
  ],
  "57P01": ["database_unreachable", "the server is shutting down or ended the session"],
  "57P02": ["database_unreachable", "the server crashed"],
  "57P03": ["database_unreachable", "the server is starting up"],
  "57P05": ["database_unreachable", "the server ended the idle session"],
  "3D000": ["database_unreachable", "the server has no database of that name"],
  "23001": ["constraint_violation", REFERRED_TO],
  "23503": ["constraint_violation", REFERRED_TO],
  "23": ["constraint_violation", "a constraint refuses the tokens"],
  "22": [
    "constraint_violation",
    "a constraint, index or generated column cannot compute with the tokens",
  ],
  "P0001": ["constraint_violation", "a trigger or function refuses the tokens"],
  "44": ["constraint_violation", "a check option refuses the tokens"],
  "28000": [
    "database_unreachable",
    "the server does not let this user in: the role may not log in, or pg_hba.conf asks for TLS " +
    "(sslmode=require), for a client certificate, or has no entry for it",
  ],
  "28": ["database_unreachable", "the server refused the user or the password"],
  "08P01": [
    "database_unreachable",
    "the server, or a pooler before it, does not accept what a session begins with, such as options",
  ],
  "08": ["database_unreachable", "the connection failed"],
};

const CONNECTION_FAILED = "the connection to Postgres failed";

/** What a stranger can check, by the code of the system call that failed. */
const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "no address is known for the host in PG_CONN_STR",
  ECONNREFUSED: "nothing accepts connections at the host and port in PG_CONN_STR",
};

/** The error as the server would report it, of a condition that was found not to be met. */
export function asReported(sqlState: string, action: string, constraint?: string): ServiceError {
  const [code, reason] = meaningOf(sqlState);
  const report = { code, action, reason, sqlState, constraint };
  return new ReportedError(report, constraint);
}

/** The `ServiceError` for what the client threw while doing `action`. */
export function fromClient(thrown: unknown, action: string): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  noteRefusal(thrown);
  if (thrown instanceof ConnectionFault) {
    const facts = thrown instanceof AuthenticationFault ? { cause: "AUTHENTICATION" } : {};
    return new ServiceError("database_unreachable", `Cannot ${action}: ${thrown.message}`, facts);
  }
  const given = (thrown as { code?: unknown } | undefined)?.code;
  const code = typeof given === "string" && /^[A-Z0-9_]{2,40}$/.test(given) ? given : "";
  if (!(thrown instanceof PostgresError)) {
    return new ServiceError(
      "database_unreachable",
      `Cannot ${action}: ${NETWORK_REASONS[code] ?? CONNECTION_FAILED}${
        code === "" ? "" : ` (${code})`
      }`,
      code === "" ? {} : { cause: code },
    );
  }
  const [meaning, reason] = meaningOf(code);
  return new ReportedError({
    code: meaning,
    action,
    reason,
    sqlState: isKnownState(code) ? code : undefined,
    constraint: thrown.constraint,
  });
}

function meaningOf(sqlState: string): readonly [ErrorCode, string] {
  return MEANINGS[sqlState] ?? MEANINGS[sqlState.slice(0, 2)] ??
    ["database_error", "Postgres reported an error"];
}
