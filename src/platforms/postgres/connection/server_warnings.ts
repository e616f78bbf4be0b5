/** From a message of the server that is no error to the warning that may be reported. */
import type { ReportFields } from "../protocol/backend_messages.ts";
import type { Warning } from "../../warnings.ts";

/**
 * The function of the server that gives up to wait for a standby when it is cancelled. Its SQLSTATE,
 * 01000, is also that of a trigger's RAISE WARNING, and its text is translated.
 * Source: PostgreSQL, src/backend/replication/syncrep.c.
 */
const SYNC_WAIT = "SyncRepWaitForLSN";

/**
 * The warning; undefined if the message is no more than a notice. Nothing of its text is passed on.
 * Source of the fields: PostgreSQL documentation, "55.8 Error and Notice Message Fields".
 */
export function warningOf(
  { V: severity, R: routine }: ReportFields,
): Warning | undefined {
  if (severity !== "WARNING") return undefined;
  return routine === SYNC_WAIT ? "sync_standby_wait_cancelled" : "server_warning";
}
