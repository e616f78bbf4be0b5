/**
 * The databases: those of `PG_CONN_STR` and `DBX_JDBC_URL`, and those that the configuration file lists
 * under `connections`.
 */
import { collectFaults, ConfigError, type ConfigFault } from "../config_error.ts";
import { parseDatabricksSettings } from "../platforms/databricks/connection/settings.ts";
import { parsePostgresSettings } from "../platforms/postgres/connection/settings.ts";
import type { SettingsReader } from "../settings_reader.ts";
import type { Connection } from "./connection.ts";
import { readEntry } from "./connection_entry.ts";
import type { ConnectionEntry } from "./file/contents.ts";

/**
 * Reads all of them, those of variables first. A connection that names no platform instance is used for
 * names of any instance as long as its platform has no other, and then only for names without one.
 *
 * Throws `ConfigError` with every fault.
 */
export function readConnections(
  reader: SettingsReader,
  entries: readonly ConnectionEntry[],
): readonly Connection[] {
  const { faults, attempt } = collectFaults();
  const connections = [
    attempt(() => postgresOfVariable(reader)),
    attempt(() => databricksOfVariable(reader)),
  ].filter((each) => each !== undefined);
  for (const entry of entries) {
    const added = attempt(() => readEntry(entry, reader)) ?? [];
    faults.push(...clashes(entry, added, connections));
    connections.push(...added);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return connections.map((each) => {
    const isOnly = connections.filter(({ platform }) => platform === each.platform).length === 1;
    return isOnly ? each : { ...each, platformInstance: each.platformInstance ?? "" };
  });
}

function postgresOfVariable(reader: SettingsReader): Connection | undefined {
  const value = reader.secret("PG_CONN_STR");
  if (value === undefined) return undefined;
  return {
    name: "postgres",
    origin: "PG_CONN_STR",
    platform: "postgres",
    platformInstance: undefined,
    settings: parsePostgresSettings(value, reader),
  };
}

function databricksOfVariable(reader: SettingsReader): Connection | undefined {
  const value = reader.secret("DBX_JDBC_URL");
  if (value === undefined) return undefined;
  return {
    name: "databricks",
    origin: "DBX_JDBC_URL",
    platform: "databricks",
    platformInstance: undefined,
    settings: parseDatabricksSettings(value),
    catalogs: undefined,
  };
}

/** What an entry has in common with a connection before it, so that no dataset's name could pick one. */
function clashes(
  { at }: ConnectionEntry,
  added: readonly Connection[],
  before: readonly Connection[],
): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const fault = (reason: string) => faults.push({ variable: "connections", reason, at });
  for (const one of added) {
    const sameName = before.find(({ name }) => name.toLowerCase() === one.name.toLowerCase());
    if (sameName !== undefined) fault(`there is another connection named "${one.name}"`);
    const samePlace = before.find((other) => overlap(one, other));
    if (samePlace === undefined || samePlace === sameName) continue;
    fault(
      `it is used for the same names as "${samePlace.name}": give them different platform instances`,
    );
  }
  return faults;
}

function overlap(one: Connection, other: Connection): boolean {
  if ((one.platformInstance ?? "") !== (other.platformInstance ?? "")) return false;
  if (one.platform === "postgres" && other.platform === "postgres") {
    return one.settings.database === other.settings.database;
  }
  if (one.platform !== "databricks" || other.platform !== "databricks") return false;
  const [first, second] = [one.catalogs, other.catalogs];
  return first === undefined || second === undefined ||
    first.some((catalog) => second.includes(catalog));
}
