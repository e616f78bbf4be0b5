/**
 * Whether a session is of the kind that `target_session_attrs` asks for.
 *
 * Source: PostgreSQL documentation, "34.1.2 Parameter Key Words".
 */
import type { Session } from "./session.ts";
import type { TargetSessionAttrs } from "./settings.ts";

/** What is asked of one server; `prefer-standby` asks for a standby first, and then for any. */
export type SessionAttrs = Exclude<TargetSessionAttrs, "prefer-standby">;

const STATE = "SELECT pg_catalog.pg_is_in_recovery()::text, " +
  "pg_catalog.current_setting('transaction_read_only')";

/** What keeps the session from being of that kind, as what follows "the server"; undefined if it is. */
export async function mismatch(
  session: Session,
  wanted: SessionAttrs,
): Promise<string | undefined> {
  if (wanted === "any") return undefined;
  const { rows } = await session.query<[inRecovery: string, readOnly: string]>(
    "read the server's state",
    STATE,
  );
  const [inRecovery, readOnly] = rows[0]!;
  const isStandby = inRecovery === "true";
  switch (wanted) {
    case "primary":
      return isStandby ? "is a standby" : undefined;
    case "standby":
      return isStandby ? undefined : "is no standby";
    case "read-write":
      if (isStandby) return "is a standby";
      return readOnly === "on" ? "is read-only" : undefined;
    case "read-only":
      return isStandby || readOnly === "on" ? undefined : "is writable";
  }
}
