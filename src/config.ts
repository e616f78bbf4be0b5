/**
 * The environment, read once into a frozen `Config`. Nothing reads the environment after that.
 */
import { splitUrnList } from "./datahub/dataset_urn.ts";
import { type DatahubSettings, readDatahubSettings } from "./datahub/settings.ts";
import { collectFaults, ConfigError, configFault } from "./config_error.ts";
import {
  type DatabricksSettings,
  parseDatabricksSettings,
} from "./platforms/databricks/connection/settings.ts";
import { boolean, integer } from "./setting_values.ts";
import { isHost, isLoopback, withoutBrackets } from "./host_name.ts";
import {
  parsePostgresSettings,
  type PostgresSettings,
  type TransactionLimits,
} from "./platforms/postgres/connection/settings.ts";
import { findAdapter, TOKEN_SDK_ADAPTERS, TOKEN_SDK_MODES } from "./tokens/adapters.ts";
import {
  fileVariable,
  type SettingsReader,
  settingsReader,
  type SettingsSource,
} from "./settings_reader.ts";

/** How much is logged. */
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The form of log lines: text for people, or one JSON object a line. */
export type LogFormat = "text" | "json";

/** The settings of every command. Plain data, since it crosses into the sandbox as a message. */
export interface Config {
  readonly listen: { readonly hostname: string; readonly port: number };
  /** The bearer token that /trigger requires; undefined if anybody may trigger. */
  readonly triggerToken: string | undefined;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** URN patterns; undefined if every dataset may be tokenized. */
  readonly allowedDatasets: readonly string[] | undefined;
  readonly postgres: PostgresSettings | undefined;
  readonly postgresLimits: TransactionLimits;
  readonly databricks: DatabricksSettings | undefined;
  /** The DataHub loop; undefined if it is off. */
  readonly datahub: DatahubSettings | undefined;
  /** How long a run may take. */
  readonly runTimeoutMs: number;
  /** Whether a table may be rewritten although its triggers or rules may copy values elsewhere. */
  readonly allowTriggers: boolean;
  /** Whether a table may be rewritten although its definition calls functions of others. */
  readonly allowTableFunctions: boolean;
  /** Whether a table may be rewritten although nobody can tell whether what is read is masked. */
  readonly allowUnprovenMasks: boolean;
  /** Whether the command line may read tokens back. */
  readonly allowDetokenize: boolean;
  /** Whether a database may make the tokens, if the SDK has an SQL expression. */
  readonly pushdown: boolean;
  readonly tokenSdk: SdkSettings;
  /** The tokens that a rotation replaces. */
  readonly rotateFrom?: RotationSettings;
}

/** A token SDK to be created. */
export interface SdkSettings {
  /** The adapter's name. */
  readonly mode: string;
  readonly settings: unknown;
}

/** The SDK that made the tokens; with a `keyId`, only those of that key. */
export interface RotationSettings extends SdkSettings {
  readonly keyId: string | undefined;
}

const HOUR_MS = 3_600_000;

/** The longest limit: Postgres, and timers, count milliseconds in 31 bits. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/** The fewest characters of a trigger token. */
const MIN_TOKEN_LENGTH = 16;

/** What `loadConfig` reads. */
export interface ConfigSource extends SettingsSource {
  /** Whether the log goes to a person's terminal. */
  readonly isTerminal: boolean;
}

/**
 * Reads the whole configuration; for a rotation, with the SDK or key whose tokens it replaces. Throws
 * `ConfigError` with every fault.
 */
export function loadConfig(source: ConfigSource, rotateFrom?: string): Config {
  const { faults, attempt } = collectFaults();
  const read = <T>(fallback: T, readOne: () => T): T => attempt(readOne) ?? fallback;
  const reader = settingsReader(source);
  const { variable, secret } = reader;
  const milliseconds = (name: string, fallback: number) =>
    read(fallback, () => integer(name, variable(name), fallback, 1, MAX_TIMEOUT_MS));
  const flag = (name: string, fallback = false) =>
    read(fallback, () => boolean(name, variable(name), fallback));
  const isSet = (name: string) => (variable(name) ?? variable(fileVariable(name))) !== undefined;

  const hostname = read("127.0.0.1", () => readHost(variable("HOST") ?? "127.0.0.1"));
  const triggerToken = read(undefined, () => readTriggerToken(secret("TRIGGER_TOKEN")));
  const config: Config = {
    listen: { hostname, port: read(8080, () => integer("PORT", variable("PORT"), 8080, 1, 65535)) },
    triggerToken,
    log: {
      level: read("info", () => readLogLevel(variable("LOG_LEVEL"))),
      format: read("json", () => readLogFormat(variable("LOG_FORMAT"), source.isTerminal)),
    },
    allowedDatasets: read(undefined, () => readAllowedDatasets(variable("ALLOWED_DATASETS"))),
    postgres: read(undefined, () => {
      const value = secret("PG_CONN_STR");
      return value === undefined ? undefined : parsePostgresSettings(value, reader);
    }),
    postgresLimits: {
      lockTimeoutMs: milliseconds("PG_LOCK_TIMEOUT_MS", 5000),
      statementTimeoutMs: milliseconds("PG_STATEMENT_TIMEOUT_MS", HOUR_MS),
    },
    databricks: read(undefined, () => {
      const value = secret("DBX_JDBC_URL");
      return value === undefined ? undefined : parseDatabricksSettings(value);
    }),
    datahub: read(undefined, () => readDatahubSettings(reader)),
    runTimeoutMs: milliseconds("RUN_TIMEOUT_MS", 24 * HOUR_MS),
    allowTriggers: flag("ALLOW_TRIGGERS"),
    allowTableFunctions: flag("ALLOW_TABLE_FUNCTIONS"),
    allowUnprovenMasks: flag("ALLOW_UNPROVEN_MASKS"),
    allowDetokenize: flag("ALLOW_DETOKENIZE"),
    pushdown: flag("PUSHDOWN", true),
    tokenSdk: read({ mode: "dummy", settings: null }, () => readTokenSdk(reader)),
    ...(rotateFrom !== undefined && {
      rotateFrom: read(undefined, () => readRotationSource(reader, rotateFrom)),
    }),
  };
  const anonymous = flag("ALLOW_ANONYMOUS");
  if (!isSet("TRIGGER_TOKEN") && !anonymous && !isLoopback(hostname)) {
    faults.push({
      variable: "TRIGGER_TOKEN",
      reason: `it must be set if HOST is not a loopback address, unless ALLOW_ANONYMOUS=true`,
    });
  }
  if (faults.length > 0) {
    throw new ConfigError(
      faults.map(({ variable, reason }) => ({ variable: reader.originOf(variable), reason })),
    );
  }
  return Object.freeze(config);
}

/** An address or a name; IPv6 addresses without brackets. */
function readHost(value: string): string {
  const host = withoutBrackets(value);
  if (!isHost(host)) throw configFault("HOST", "it is neither a host name nor an IP address");
  return host;
}

function readTriggerToken(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw configFault(
      "TRIGGER_TOKEN",
      "it contains characters that are not allowed in a bearer token",
    );
  }
  if (value.length < MIN_TOKEN_LENGTH) {
    throw configFault(
      "TRIGGER_TOKEN",
      `it has fewer than ${MIN_TOKEN_LENGTH} characters: "openssl rand -hex 24" makes a good one`,
    );
  }
  return value;
}

function readLogLevel(value: string | undefined): LogLevel {
  const wanted = value?.toLowerCase() === "warn" ? "warning" : value?.toLowerCase() ?? "info";
  const level = LOG_LEVELS.find((each) => each === wanted);
  if (level === undefined) {
    throw configFault("LOG_LEVEL", "it is not one of debug, info, warn, error");
  }
  return level;
}

function readLogFormat(value: string | undefined, isTerminal: boolean): LogFormat {
  if (value === undefined) return isTerminal ? "text" : "json";
  if (value !== "text" && value !== "json") {
    throw configFault("LOG_FORMAT", "it is not one of json, text");
  }
  return value;
}

function readAllowedDatasets(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const patterns = splitUrnList(value);
  const wrong = patterns.find((each) => each !== "*" && !each.startsWith("urn:li:dataset:("));
  if (patterns.length === 0 || wrong !== undefined) {
    throw configFault(
      "ALLOWED_DATASETS",
      `its patterns must be "*" or begin with "urn:li:dataset:("`,
    );
  }
  return patterns;
}

function readTokenSdk(source: SettingsReader): SdkSettings {
  const mode = source.variable("TOKEN_SDK_MODE") ?? "dummy";
  const adapter = findAdapter(mode);
  if (adapter === undefined) {
    throw configFault(
      "TOKEN_SDK_MODE",
      `there is no SDK of that name (have: ${TOKEN_SDK_MODES.join(", ")})`,
    );
  }
  return { mode, settings: adapter.readSettings(source) };
}

/** The SDK of that name, or else the one that has a key of that id. */
function readRotationSource(source: SettingsReader, from: string): RotationSettings {
  const named = findAdapter(from);
  if (named !== undefined) {
    return { mode: from, settings: named.readSettings(source), keyId: undefined };
  }
  for (const { mode, readSettings, keyIds } of TOKEN_SDK_ADAPTERS) {
    if (keyIds === undefined) continue;
    try {
      const settings = readSettings(source);
      if (keyIds(settings).includes(from)) return { mode, settings, keyId: from };
    } catch (error) {
      // settings that are missing or invalid contain no such key
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  throw configFault(
    "--from",
    `it is neither a token SDK (have: ${
      TOKEN_SDK_MODES.join(", ")
    }) nor the id of a key in the key file`,
  );
}
