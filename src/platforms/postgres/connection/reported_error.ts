/** An error that the server reported. */
import { type ErrorCode, ServiceError } from "../../../errors.ts";

/** What of the server's error is passed on. */
export interface Report {
  readonly code: ErrorCode;
  /** What failed, as it stands after "Cannot". */
  readonly action: string;
  readonly reason: string;
  /** Undefined if it is not one of PostgreSQL's own. */
  readonly sqlState: string | undefined;
  /** The constraint that failed, as far as the report goes. */
  readonly constraint: string | undefined;
}

/**
 * The failure of a statement. Code in the database can report any text as the name of a constraint, a
 * row's value too, so the error keeps the name to itself until the catalogue is known to have it.
 */
export class ReportedError extends ServiceError {
  readonly #report: Report;

  constructor(report: Report, named?: string) {
    const { code, action, reason, sqlState } = report;
    const state = sqlState === undefined
      ? "an SQLSTATE that is not PostgreSQL's own"
      : `SQLSTATE ${sqlState}`;
    const constraint = named === undefined ? "" : `, constraint "${named}"`;
    super(code, `Cannot ${action}: ${reason} (${state}${constraint})`, {
      sqlState,
      constraint: named,
    });
    this.#report = report;
  }

  /** Whether a constraint's name was reported. */
  get mayNameConstraint(): boolean {
    return this.#report.constraint !== undefined;
  }

  /** The same error, with the constraint's name if that is one of `names`. */
  naming(names: readonly string[]): ReportedError {
    const { constraint } = this.#report;
    if (constraint === undefined || !names.includes(constraint)) return this;
    return new ReportedError(this.#report, constraint);
  }
}
