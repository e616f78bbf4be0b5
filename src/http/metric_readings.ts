/** What the gauges of `/metrics` show: read from the parts of the program when somebody asks. */
import type { DatahubLoop } from "../datahub/loop/loop.ts";
import type { GaugeName } from "../metrics/catalogue.ts";
import type { Reading } from "../metrics/metrics.ts";
import type { Platform } from "../platforms/platform.ts";
import type { QueueLoad } from "../runs/run_queues.ts";
import type { HistoryState } from "./readiness.ts";

/** The parts that are read. */
export interface GaugeSources {
  readonly platforms: ReadonlyMap<string, Platform>;
  /** How busy each database is, by connection. */
  readonly load: ReadonlyMap<string, QueueLoad>;
  /** Undefined if DataHub is not followed. */
  readonly datahub: DatahubLoop | undefined;
  /** Undefined if runs are kept in memory. */
  readonly history: HistoryState | undefined;
}

/** Reads all of them. Asks no database and no other program. */
export function readGauges(
  { platforms, load, datahub, history }: GaugeSources,
): readonly Reading[] {
  const connected: readonly Reading[] = history === undefined
    ? []
    : [{ name: "tokenize_history_connected", value: history.problem === undefined ? 1 : 0 }];
  return [
    ...connectionReadings(platforms),
    ...queueReadings(platforms, load),
    ...connected,
    ...datahubReadings(datahub),
  ];
}

/** The runs that wait for any database of a platform. */
function queueReadings(
  platforms: ReadonlyMap<string, Platform>,
  load: ReadonlyMap<string, QueueLoad>,
): readonly Reading[] {
  const byPlatform = new Map<string, number>();
  for (const [connection, { waiting }] of load) {
    const platform = platforms.get(connection)?.name;
    if (platform === undefined) continue;
    byPlatform.set(platform, (byPlatform.get(platform) ?? 0) + waiting);
  }
  return [...byPlatform].map(([platform, value]) => ({
    name: "tokenize_runs_queued",
    labels: { platform },
    value,
  }));
}

/** The connections of all databases of a platform together. */
function connectionReadings(platforms: ReadonlyMap<string, Platform>): readonly Reading[] {
  const byPlatform = new Map<string, { inUse: number; idle: number }>();
  for (const { name, connections } of platforms.values()) {
    if (connections === undefined) continue;
    const { inUse, idle } = connections();
    const sum = byPlatform.get(name) ?? { inUse: 0, idle: 0 };
    byPlatform.set(name, { inUse: sum.inUse + inUse, idle: sum.idle + idle });
  }
  return [...byPlatform].flatMap(([platform, { inUse, idle }]): Reading[] => [
    { name: "tokenize_database_connections_in_use", labels: { platform }, value: inUse },
    { name: "tokenize_database_connections_idle", labels: { platform }, value: idle },
  ]);
}

function datahubReadings(datahub: DatahubLoop | undefined): readonly Reading[] {
  if (datahub === undefined) return [];
  const status = datahub.status();
  const lastSweepMs = status.last_sweep_at === null ? undefined : Date.parse(status.last_sweep_at);
  const values: readonly (readonly [GaugeName, number | undefined])[] = [
    ["tokenize_datahub_connected", status.problem === null ? 1 : 0],
    ["tokenize_datahub_event_lag_seconds", status.lag_seconds ?? undefined],
    [
      "tokenize_datahub_last_sweep_timestamp_seconds",
      lastSweepMs === undefined ? undefined : lastSweepMs / 1000,
    ],
    ["tokenize_datahub_datasets_due", status.due],
    ["tokenize_datahub_datasets_in_progress", status.running],
    ["tokenize_datahub_datasets_later", status.later],
    ["tokenize_datahub_datasets_waiting_for_approval", status.waiting_for_approval.length],
    ["tokenize_datahub_datasets_failed", status.failed.length],
    ["tokenize_datahub_datasets_refused", status.refused.length],
  ];
  return values.flatMap(([name, value]): Reading[] => value === undefined ? [] : [{ name, value }]);
}
