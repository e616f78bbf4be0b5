/** What there is to know of a connection before its first run. */

/** How a connection is. Holds names, and no secret. */
export interface ConnectionFacts {
  /** Such as `PostgreSQL 16.2`. */
  readonly version: string;
  /** Whom the database knows the program as. */
  readonly user: string;
  /** How it is encrypted, such as `TLSv1.3`; null if it is not; undefined if that cannot be told. */
  readonly encryption: string | null | undefined;
  /** The database's clock, in milliseconds since 1970. */
  readonly nowMs: number;
  /** What keeps every run from succeeding, as clauses: "it is a standby, which takes no writes". */
  readonly problems: readonly string[];
  /** What works, but should be otherwise. */
  readonly advice: readonly string[];
}
