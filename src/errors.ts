/**
 * Every failure that a caller can see, by a code that never changes its meaning.
 *
 * Nothing here knows about HTTP: `http/problem.ts` maps each code to a status.
 */
import { oneLine } from "./one_line.ts";
import { noteRefusal } from "./sandbox_refusals.ts";

/** The codes, grouped by the stage that raises them. A code is never reused for something else. */
export const ERROR_CODES = [
  // the request
  "invalid_request",
  "invalid_urn",
  "unauthorized",
  "not_found",
  "method_not_allowed",
  "body_too_large",
  "unsupported_media_type",
  "idempotency_key_reused",
  // routing
  "dataset_not_allowed",
  "unsupported_platform",
  "platform_not_configured",
  // looking the table up
  "table_not_found",
  "ambiguous_name",
  "wrong_database",
  "column_not_found",
  "column_not_tokenizable",
  "table_not_supported",
  "permission_denied",
  // rewriting it
  "run_in_progress",
  "lock_timeout",
  "conflict",
  "value_too_long",
  "value_not_text",
  "constraint_violation",
  "timeout",
  "run_cancelled",
  "run_not_adjustable",
  "shutting_down",
  "run_interrupted",
  // what the work depends on
  "database_unreachable",
  "database_error",
  "token_sdk_unreachable",
  "token_sdk_error",
  "datahub_error",
  "internal",
] as const;

/** A stable error code. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * What turned a run away, or undid it, was something else at that moment: another run, a lock, a writer, or
 * the end of the program. Nothing is wrong with the run, and the same one may succeed soon.
 */
export const TURNED_AWAY = [
  "run_in_progress",
  "lock_timeout",
  "conflict",
  "shutting_down",
] as const;

/** Something did not answer, or not in time. It may be back, or less busy, the next time. */
const UNANSWERED = ["timeout", "database_unreachable", "token_sdk_unreachable"] as const;

/** Failures that may go away although nobody changes the request, the data or the settings. */
export const PASSING: readonly ErrorCode[] = [...TURNED_AWAY, ...UNANSWERED];

/** What the log may say about a failure beyond its code: names and states, never a value. */
export interface ErrorFacts {
  /** Five characters, as the SQL standard and the database define them. */
  readonly sqlState?: string;
  /** A Databricks error class, such as `DELTA_CONCURRENT_APPEND`. */
  readonly errorClass?: string;
  /** The name of the constraint that refused the write. */
  readonly constraint?: string;
  /** What the system call or the driver reported, such as `ECONNREFUSED`. */
  readonly cause?: string;
  /** How long a caller should wait before trying again. */
  readonly retryAfterSeconds?: number;
}

/** The facts that are kept: facts are logged, so anything else is dropped. */
const ERROR_FACTS: Readonly<Record<keyof ErrorFacts, true>> = {
  sqlState: true,
  errorClass: true,
  constraint: true,
  cause: true,
  retryAfterSeconds: true,
};

/**
 * A failure with a code, a sentence for the caller and facts for the log.
 *
 * The sentence reads "Cannot <action>: <reason>". It may name tables, columns and constraints.
 * It never contains a cell's value, a secret or a driver's message, so it is safe to show.
 */
export class ServiceError extends Error {
  /** The class's name, for the log. */
  override readonly name = "ServiceError";

  /** Additional facts for the log. */
  readonly facts: ErrorFacts;

  /** `message` is kept on one line: names in it may contain anything. */
  constructor(readonly code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(oneLine(message));
    this.facts = Object.fromEntries(
      Object.entries(facts).filter(([name, fact]) => name in ERROR_FACTS && fact !== undefined),
    );
  }
}

/**
 * Turns anything that was thrown into a `ServiceError`. The unexpected becomes `internal` and loses its
 * message, since only our own sentences are known to contain no value.
 */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  noteRefusal(thrown);
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  return new ServiceError(
    "internal",
    "Cannot complete the request: an unexpected failure, see the log",
    { cause: kind },
  );
}
