/** One entry of `connections` in the configuration file. */
import { collectFaults, ConfigError, configFault } from "../config_error.ts";
import { parseDatabricksSettings } from "../platforms/databricks/connection/settings.ts";
import { LIBPQ_VARIABLES } from "../platforms/postgres/connection/parameters.ts";
import { parsePostgresSettings } from "../platforms/postgres/connection/settings.ts";
import type { SettingsReader } from "../settings_reader.ts";
import { type ConnectionKey, PLATFORM_VARIABLES } from "./catalogue/connections.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionEntry } from "./file/contents.ts";

/** Letters, digits, hyphens and underscores: it is part of messages, and a key of `/readyz`. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/**
 * Reads an entry. On Postgres each of its databases is a connection of its own, named `entry/database`
 * if there are several.
 *
 * Throws `ConfigError` with every fault, each with its place in the file.
 */
export function readEntry(entry: ConnectionEntry, reader: SettingsReader): Connection[] {
  const { faults, attempt } = collectFaults();
  const name = attempt(() => readName(entry));
  const platform = attempt(() => readPlatform(entry));
  const text = attempt(() => readString(entry, reader));
  attempt(() => refuseForeignKey(entry, platform));
  if (name === undefined || platform === undefined || text === undefined || faults.length > 0) {
    throw new ConfigError(faults);
  }
  const common = {
    name,
    origin: `connection "${name}"`,
    platformInstance: textOf(entry, "platform_instance"),
  };
  return placed(entry, () => {
    if (platform === "databricks") {
      const catalogs = textsOf(entry, "catalogs");
      return [{ ...common, platform, settings: parseDatabricksSettings(text), catalogs }];
    }
    const databases = textsOf(entry, "databases");
    return (databases ?? [undefined]).map((database) => ({
      ...common,
      name: databases === undefined || databases.length === 1 ? name : `${name}/${database}`,
      platform,
      settings: parsePostgresSettings(text, reader, database),
    }));
  });
}

function readName(entry: ConnectionEntry): string {
  const name = required(entry, "name");
  if (!NAME.test(name)) {
    throw fault(entry, "name", "it is not letters, digits, hyphens and underscores");
  }
  if (!(name in PLATFORM_VARIABLES)) return name;
  const variable = PLATFORM_VARIABLES[name as keyof typeof PLATFORM_VARIABLES];
  throw fault(entry, "name", `"${name}" is the name of the connection that ${variable} sets`);
}

function readPlatform(entry: ConnectionEntry): keyof typeof PLATFORM_VARIABLES {
  const platform = required(entry, "platform");
  if (platform === "postgres" || platform === "databricks") return platform;
  const platforms = Object.keys(PLATFORM_VARIABLES).join(", ");
  throw fault(entry, "platform", `it is not one of ${platforms}`);
}

/** The connection string, from the entry or from the file that it names. */
function readString(entry: ConnectionEntry, reader: SettingsReader): string {
  const key = "connection_string";
  const text = textOf(entry, key);
  const path = textOf(entry, "connection_string_file");
  if (path === undefined) {
    if (text !== undefined) return text;
    if (entry.broken.has("connection_string_file")) throw new ConfigError([]);
    throw missing(entry, key, `"${key}" must be set, or "connection_string_file"`);
  }
  if (text !== undefined) {
    throw fault(entry, "connection_string_file", `"${key}" is set too: set only one of them`);
  }
  const content = placed(entry, () => reader.secretFile("connection_string_file", path)).trim();
  if (content !== "") return content;
  throw fault(entry, "connection_string_file", "the file is empty");
}

/** `databases` are of Postgres, `catalogs` of Databricks. */
function refuseForeignKey(entry: ConnectionEntry, platform: string | undefined): void {
  const [key, own] = platform === "postgres"
    ? ["catalogs", "databases"] as const
    : ["databases", "catalogs"] as const;
  if (platform !== undefined && entry.fields.has(key)) {
    throw fault(entry, key, `a connection of the platform ${platform} has "${own}" instead`);
  }
}

function textsOf(entry: ConnectionEntry, key: ConnectionKey): readonly string[] | undefined {
  const texts = entry.fields.get(key)?.texts;
  return texts === undefined || texts.length === 0 ? undefined : [...new Set(texts)];
}

function textOf(entry: ConnectionEntry, key: ConnectionKey): string | undefined {
  return entry.fields.get(key)?.texts[0] || undefined;
}

function required(entry: ConnectionEntry, key: ConnectionKey): string {
  const text = textOf(entry, key);
  if (text === undefined) throw missing(entry, key, `"${key}" must be set`);
  return text;
}

/** No fault at all, if the value is there and was reported already. */
function missing(entry: ConnectionEntry, key: ConnectionKey, reason: string): ConfigError {
  return entry.broken.has(key) ? new ConfigError([]) : fault(entry, key, reason);
}

function fault(entry: ConnectionEntry, key: ConnectionKey, reason: string): ConfigError {
  return configFault("connections", reason, entry.fields.get(key)?.at ?? entry.at);
}

/**
 * What `read` returns; its faults get the place of the connection string in the file, but for those of
 * libpq's variables.
 */
function placed<T>(entry: ConnectionEntry, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const at = (entry.fields.get("connection_string") ??
      entry.fields.get("connection_string_file"))?.at ?? entry.at;
    throw new ConfigError(error.faults.map((each) => {
      const { variable, reason } = each;
      return LIBPQ_VARIABLES.includes(variable) ? each : { variable: "connections", reason, at };
    }));
  }
}
