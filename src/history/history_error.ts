/** Failures of the history, as its callers see them: those of its database, with what to do about them. */
import { ServiceError, toServiceError } from "../errors.ts";
import { SCHEMA } from "./migrations.ts";

/** Reasons in the place of those that speak of a run's table, by SQLSTATE. */
const REASONS: Readonly<Record<string, string>> = {
  "42501":
    `the role lacks a privilege on the schema "${SCHEMA}": have its owner run "tokenize history migrate" and deploy/history.sql`,
  "42P07": `the schema "${SCHEMA}" has tables that this program did not make: use another database`,
  "42P01": `the schema "${SCHEMA}" lacks a table: run "tokenize history migrate"`,
  "42703": `a table in the schema "${SCHEMA}" lacks a column: run "tokenize history migrate"`,
  "3F000": `there is no schema "${SCHEMA}": run "tokenize history migrate"`,
  "57014": "its database cancelled a statement: is its statement_timeout very short?",
};

/** Until the first attempt to use the database has ended. */
export const NOT_CONNECTED_YET = new ServiceError(
  "database_unreachable",
  "Cannot use the history: not connected yet",
);

/**
 * The failure of `action` for what a session threw: `database_unreachable` or `database_error`, since the
 * other codes of a session's failures are about the table of a run.
 */
export function historyError(action: string, thrown: unknown): ServiceError {
  const { code, message, facts } = toServiceError(thrown);
  const isOwn = code === "database_unreachable" || code === "database_error";
  const [, given] = /^Cannot [^:]+: (.*)$/s.exec(message) ?? [];
  const reason = REASONS[facts.sqlState ?? ""] ??
    (isOwn ? given?.replaceAll("PG_CONN_STR", "HISTORY_CONN_STR") : undefined) ??
    `its database reported an error (SQLSTATE ${facts.sqlState ?? "unknown"})`;
  return new ServiceError(isOwn ? code : "database_error", `Cannot ${action}: ${reason}`, facts);
}

/** Whether a later attempt may well succeed, since only the connection or the server was not there. */
export function isPassing({ code }: ServiceError): boolean {
  return code === "database_unreachable";
}
