/** What a session can tell of its warehouse and principal. */

/** The one row. */
export interface InspectWarehouseRow {
  readonly version: string;
  readonly user: string;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Gives an `InspectWarehouseRow`. */
export const INSPECT_WAREHOUSE =
  "SELECT version() AS version, current_user() AS user, cast(current_timestamp() AS double) AS now";
