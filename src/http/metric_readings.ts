/** What the gauges of `/metrics` show: read from the parts of the program when somebody asks. */
import type { DatahubLoop } from "../datahub/loop/loop.ts";
import type { GaugeName } from "../metrics/catalogue.ts";
import type { Reading } from "../metrics/metrics.ts";
import type { Platform } from "../platforms/platform.ts";

/** Reads all of them. Asks no database and no other program. */
export function readGauges(
  platforms: ReadonlyMap<string, Platform>,
  datahub: DatahubLoop | undefined,
): readonly Reading[] {
  return [...connectionReadings(platforms), ...datahubReadings(datahub)];
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
