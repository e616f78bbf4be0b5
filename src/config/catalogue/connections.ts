/** The keys of an entry of `connections` in the configuration file. */
import { choice, connectionString, list, path, type Settings, text } from "../setting.ts";

/** The platforms, with the variable that sets the connection without a name. */
export const PLATFORM_VARIABLES = { postgres: "PG_CONN_STR", databricks: "DBX_JDBC_URL" } as const;

/** By key. */
export const CONNECTION_KEYS = {
  name: text("a unique name: letters, digits, `-` and `_`", "required"),
  platform: choice("`postgres` or `databricks`", Object.keys(PLATFORM_VARIABLES), "required"),
  platform_instance: text("the platform instance that the names of its datasets begin with"),
  databases: list(
    "Postgres: the databases that it is used for, each through connections of its own",
    "the one in `connection_string`",
  ),
  catalogs: list("Databricks: the catalogs that it is used for", "all that it reaches"),
  connection_string: connectionString(
    "as in [`PG_CONN_STR`](configuration.md#the-postgres-connection-string) or [`DBX_JDBC_URL`](databricks.md#connecting)",
    "required, here or in a file",
  ),
  connection_string_file: path("the file that contains it"),
} satisfies Settings;

/** A key of an entry of `connections`. */
export type ConnectionKey = keyof typeof CONNECTION_KEYS;
