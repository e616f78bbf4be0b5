/** A failed job in one line for a person: why, where, and whether trying again may help. */
import { type ErrorCode, type ErrorFacts, PASSING } from "../errors.ts";
import type { Problem } from "../runs/run.ts";

/** What is known of a failure. */
export interface Failure
  extends Pick<Problem, "detail" | "code">, Partial<Pick<Problem, "status">> {
  /** Undefined if another program failed, and reported no more than the problem. */
  readonly facts?: ErrorFacts;
  /** What the job was connected to, or tried to: see `Platform`. */
  readonly address?: string | undefined;
}

/** Stands for the status of an action that gave no response, or is none: there is no code for that. */
export const NO_RESPONSE = 0;

/** A code that another program reports may be unknown here. */
const MAY_PASS: ReadonlySet<string> = new Set(PASSING);

/** What depends on where the job was connected to, and as whom. */
const OF_CONNECTION: ReadonlySet<string> = new Set<ErrorCode>([
  "database_unreachable",
  "database_error",
  "permission_denied",
  "table_not_found",
]);

/** An unreachable database by what only a change of settings or rights mends. */
const LASTING_CAUSES = /^(TLS|AUTHENTICATION|ENOTFOUND|HTTP_40[13])$/;
/** The login, or the database's name, is wrong. */
const LASTING_STATES = /^(28|3D)/;

/** `Cannot connect to Postgres: …; the connection is to …; trying again may help (database_unreachable)`. */
export function failureLine(failure: Failure): string {
  const { detail, code, address } = failure;
  const where = address !== undefined && OF_CONNECTION.has(code)
    ? `; the connection is to ${address}`
    : "";
  const again = mayPass(failure) ? "; trying again may help" : "";
  return `${detail}${where}${again}${failure.status === NO_RESPONSE ? "" : ` (${code})`}`;
}

function mayPass({ code, facts }: Failure): boolean {
  // it was the caller who ended this program
  if (code === "shutting_down" && facts !== undefined) return false;
  if (code !== "database_unreachable") return MAY_PASS.has(code);
  return facts !== undefined && !LASTING_CAUSES.test(facts.cause ?? "") &&
    !LASTING_STATES.test(facts.sqlState ?? "");
}
