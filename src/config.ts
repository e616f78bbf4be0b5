/**
 * The settings, read once into a frozen `Config`: from the environment, and from the configuration file
 * if there is one. Nothing reads them after that.
 */
import { collectFaults, ConfigError, type ConfigFault } from "./config_error.ts";
import { type FlagName, type IntegerName, LISTED } from "./config/catalogue.ts";
import type { Connection } from "./config/connection.ts";
import { readConnections } from "./config/connections.ts";
import type { SettingsFile } from "./config/file/contents.ts";
import { type HistorySettings, readHistorySettings } from "./config/history_settings.ts";
import { withSettingsFile } from "./config/overlay.ts";
import { valueFaults } from "./config/value_faults.ts";
import {
  readAllKeys,
  readRotationSource,
  readTokenSdk,
  type RotationSettings,
  type SdkKey,
  type SdkSettings,
} from "./config/sdk_settings.ts";
import {
  type LogFormat,
  type LogLevel,
  readAllowedDatasets,
  readHost,
  readLogFormat,
  readLogLevel,
  readTriggerToken,
} from "./config/service_settings.ts";
import { type DatahubSettings, readDatahubSettings } from "./datahub/settings.ts";
import { isLoopback } from "./host_name.ts";
import { readSecretScope } from "./platforms/databricks/connection/settings.ts";
import type { StrainLimits, TransactionLimits } from "./platforms/postgres/connection/settings.ts";
import { readSigningKey } from "./receipts/signing_key.ts";
import { boolean, integer } from "./setting_values.ts";
import { fileVariable, settingsReader, type SettingsSource } from "./settings_reader.ts";
import { readTraceContext, type TraceContext } from "./trace_context.ts";
import { readTraceSettings, type TraceSettings } from "./traces/settings.ts";

export type {
  Connection,
  HistorySettings,
  LogFormat,
  LogLevel,
  RotationSettings,
  SdkKey,
  SdkSettings,
};

/** What is logged, and how. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Whether JSON was asked for, so that a program reads it: each line has to be an object. */
  readonly isForProgram?: boolean;
}

/** The settings of every command. Plain data, since it crosses into the sandbox as a message. */
export interface Config {
  readonly listen: { readonly hostname: string; readonly port: number };
  /** The bearer token that /trigger requires; undefined if anybody may trigger. */
  readonly triggerToken: string | undefined;
  readonly log: LogSettings;
  /** URN patterns; undefined if every dataset may be tokenized. */
  readonly allowedDatasets: readonly string[] | undefined;
  readonly connections: readonly Connection[];
  readonly postgresLimits: TransactionLimits;
  /** When runs on Postgres wait for the server. */
  readonly postgresStrainLimits: StrainLimits;
  /** The Databricks secret scope with the token SDK's key; undefined if only the action has the key. */
  readonly databricksSecretScope: string | undefined;
  /** Where runs are kept; undefined: in memory. */
  readonly history: HistorySettings | undefined;
  /** The DataHub loop; undefined if it is off. */
  readonly datahub: DatahubSettings | undefined;
  /** Where traces are sent; undefined if they are not. */
  readonly traces: TraceSettings | undefined;
  /** The trace that the program was started in, as `TRACEPARENT` and `TRACESTATE` say. */
  readonly parentTrace: TraceContext | undefined;
  /** How long a run may take. */
  readonly runTimeoutMs: number;
  /** How many runs may wait for a database. */
  readonly maxQueuedRuns: number;
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
  /** The Ed25519 private key that signs receipts; undefined if they are not signed. */
  readonly receiptKey: Uint8Array | undefined;
  /** The SHA-256 of the binary, in hexadecimal, for receipts; undefined if none is signed. */
  readonly programSha256?: string;
  /** Every key of the key file, for a command that needs them. */
  readonly allKeys?: readonly SdkKey[];
  /** The tokens that a rotation replaces. */
  readonly rotateFrom?: RotationSettings;
}

/** What `loadConfig` reads. */
export interface ConfigSource extends SettingsSource {
  /** Whether the log goes to a person's terminal. */
  readonly isTerminal: boolean;
  /** The configuration file; variables win over it. */
  readonly settingsFile?: SettingsFile;
}

/** What a command needs beside what all of them do. */
export interface ConfigPurpose {
  /** The SDK or key whose tokens a rotation replaces. */
  readonly rotateFrom?: string | undefined;
  /** Whether every key of the key file is wanted, and not only those of the SDK in use. */
  readonly allKeys?: boolean;
}

/** Reads the whole configuration. Throws `ConfigError` with every fault. */
export function loadConfig(
  source: ConfigSource,
  { rotateFrom, allKeys = false }: ConfigPurpose = {},
): Config {
  const { faults, attempt } = collectFaults();
  const read = <T>(fallback: T, readOne: () => T): T => attempt(readOne) ?? fallback;
  const { settingsFile } = source;
  const reader = settingsReader(withSettingsFile(source, settingsFile));
  const { variable, secret } = reader;
  const number = (name: IntegerName) => {
    const { standard, min, max } = LISTED[name].value;
    return read(standard, () => integer(name, variable(name), standard, min, max));
  };
  const flag = (name: FlagName) => {
    const { standard } = LISTED[name].value;
    return read(standard, () => boolean(name, variable(name), standard));
  };
  const isSet = (name: string) => (variable(name) ?? variable(fileVariable(name))) !== undefined;

  const hostname = read("127.0.0.1", () => readHost(variable("HOST") ?? "127.0.0.1"));
  const config: Config = {
    listen: { hostname, port: number("PORT") },
    triggerToken: read(undefined, () => readTriggerToken(secret("TRIGGER_TOKEN"))),
    log: {
      level: read("info", () => readLogLevel(variable("LOG_LEVEL"))),
      format: read("json", () => readLogFormat(variable("LOG_FORMAT"), source.isTerminal)),
    },
    allowedDatasets: read(undefined, () => readAllowedDatasets(variable("ALLOWED_DATASETS"))),
    connections: read([], () => readConnections(reader, settingsFile?.connections ?? [])),
    ...limitsOnPostgres(number),
    databricksSecretScope: read(undefined, () => readSecretScope(reader)),
    history: read(undefined, () => readHistorySettings(reader)),
    datahub: read(undefined, () => readDatahubSettings(reader)),
    traces: read(undefined, () => readTraceSettings(reader)),
    parentTrace: readTraceContext(variable("TRACEPARENT"), variable("TRACESTATE")),
    runTimeoutMs: number("RUN_TIMEOUT_MS"),
    maxQueuedRuns: number("MAX_QUEUED_RUNS"),
    allowTriggers: flag("ALLOW_TRIGGERS"),
    allowTableFunctions: flag("ALLOW_TABLE_FUNCTIONS"),
    allowUnprovenMasks: flag("ALLOW_UNPROVEN_MASKS"),
    allowDetokenize: flag("ALLOW_DETOKENIZE"),
    pushdown: flag("PUSHDOWN"),
    tokenSdk: read({ mode: "dummy", settings: null }, () => readTokenSdk(reader)),
    receiptKey: read(undefined, () => readSigningKey(reader)),
    ...(allKeys && { allKeys: read([], () => readAllKeys(reader)) }),
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
  faults.push(...valueFaults(variable, faults));
  const all = withoutConsequences(settingsFile?.faults ?? [], faults, reader.traced);
  if (all.length > 0) throw new ConfigError(all.toSorted(byPlace));
  return Object.freeze(config);
}

/** All faults, but for those that only follow from a value in the file that could not be read. */
function withoutConsequences(
  inFile: readonly ConfigFault[],
  faults: readonly ConfigFault[],
  traced: (fault: ConfigFault) => ConfigFault,
): readonly ConfigFault[] {
  const others = faults.filter((fault) => inFile.every((each) => each.variable !== fault.variable));
  return inFile.concat(others.map(traced));
}

function limitsOnPostgres(
  number: (name: IntegerName) => number,
): Pick<Config, "postgresLimits" | "postgresStrainLimits"> {
  return {
    postgresLimits: {
      lockTimeoutMs: number("PG_LOCK_TIMEOUT_MS"),
      statementTimeoutMs: number("PG_STATEMENT_TIMEOUT_MS"),
    },
    postgresStrainLimits: {
      maxReplicaLagMs: number("PG_MAX_REPLICA_LAG_MS"),
      maxSlotLagMib: number("PG_MAX_SLOT_LAG_MIB"),
      maxActiveSessions: number("PG_MAX_ACTIVE_SESSIONS"),
    },
  };
}

/** In the order of the configuration file; then what is not from there. */
function byPlace(a: ConfigFault, b: ConfigFault): number {
  if (a.at === undefined || b.at === undefined) {
    return Number(a.at === undefined) - Number(b.at === undefined);
  }
  return a.at.line - b.at.line || a.at.column - b.at.column;
}
