/** Where runs are kept. */
import { collectFaults, ConfigError, configFault } from "../config_error.ts";
import { VARIABLE as PG_CONN_STR } from "../platforms/postgres/connection/connection_string.ts";
import {
  parsePostgresSettings,
  type PostgresSettings,
} from "../platforms/postgres/connection/settings.ts";
import { durationMs } from "../setting_values.ts";
import type { SettingsReader } from "../settings_reader.ts";

/** The history of runs in a Postgres database. */
export interface HistorySettings {
  readonly database: PostgresSettings;
  /** How long a finished run is kept. */
  readonly retentionMs: number;
  /** What this process is called; undefined: a name at random. */
  readonly replicaName: string | undefined;
}

const VARIABLE = "HISTORY_CONN_STR";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A century: as good as for ever. */
const MAX_RETENTION_MS = 36_500 * DAY_MS;
/** What a pod or a host may be called: it is logged, and shown to those who may read runs. */
const REPLICA_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/;

/**
 * Reads the settings; undefined if `HISTORY_CONN_STR` is not set, without which the others mean nothing.
 * Throws `ConfigError` with every fault.
 */
export function readHistorySettings(reader: SettingsReader): HistorySettings | undefined {
  const { faults, attempt } = collectFaults();
  const { variable } = reader;
  const retentionMs = attempt(() =>
    durationMs(
      "HISTORY_RETENTION",
      variable("HISTORY_RETENTION"),
      90 * DAY_MS,
      HOUR_MS,
      MAX_RETENTION_MS,
    )
  );
  const replicaName = attempt(() => readReplicaName(variable("REPLICA_NAME")));
  const database = attempt(() => readDatabase(reader));
  if (faults.length > 0) throw new ConfigError(faults);
  return database && { database, retentionMs: retentionMs!, replicaName };
}

/** Faults of the connection string are those of this variable. */
function readDatabase(reader: SettingsReader): PostgresSettings | undefined {
  const value = reader.secret(VARIABLE);
  if (value === undefined) return undefined;
  try {
    return parsePostgresSettings(value, reader);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.faults.map(({ variable, reason }) => ({
      variable: variable === PG_CONN_STR ? VARIABLE : variable,
      reason,
    })));
  }
}

function readReplicaName(name: string | undefined): string | undefined {
  if (name === undefined || REPLICA_NAME.test(name)) return name;
  throw configFault("REPLICA_NAME", "it is not letters, digits, and the signs . _ : -");
}
