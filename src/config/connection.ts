/** A connection to one database or warehouse, and the names of datasets that it is used for. */
import type { DatabricksSettings } from "../platforms/databricks/connection/settings.ts";
import type { PostgresSettings } from "../platforms/postgres/connection/settings.ts";

/** One database, or one warehouse. Plain data, since it crosses into the sandbox as a message. */
export type Connection = PostgresConnection | DatabricksConnection;

interface AnyConnection {
  /** Unique; that of the platform for the connection that a variable sets. */
  readonly name: string;
  /** What sets it, for people: `PG_CONN_STR`, or `connection "crm"`. */
  readonly origin: string;
  /**
   * The platform instance that the names of its datasets begin with. Undefined: any or none; empty:
   * none.
   */
  readonly platformInstance: string | undefined;
}

/** One database of a Postgres server. */
export interface PostgresConnection extends AnyConnection {
  readonly platform: "postgres";
  readonly settings: PostgresSettings;
}

/** A Databricks SQL warehouse. */
export interface DatabricksConnection extends AnyConnection {
  readonly platform: "databricks";
  readonly settings: DatabricksSettings;
  /** The catalogs that it is used for; undefined: all that it reaches. */
  readonly catalogs: readonly string[] | undefined;
}
