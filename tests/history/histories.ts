/** Histories on real databases, as processes of their own would open them. */
import { machineSource } from "../../scripts/servers/test_keys.ts";
import { until } from "../../scripts/servers/until.ts";
import { type History, openHistory } from "../../src/history/history.ts";
import { toProblem } from "../../src/http/problem.ts";
import type { Observation } from "../../src/observations.ts";
import { parsePostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import type { PostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import { settingsReader } from "../../src/settings_reader.ts";

/** The settings in a connection URL. */
export function settingsOf(url: string): PostgresSettings {
  return parsePostgresSettings(url, settingsReader(machineSource({})));
}

/** A history, with what it would have logged. */
export interface OpenedHistory extends History, AsyncDisposable {
  readonly observations: readonly Observation[];
}

/** What may differ from one process to another. */
export interface OpenOptions {
  readonly retentionMs?: number;
  readonly replicaName?: string;
  readonly owner?: string;
}

/** Opens a history, and waits until it can be used. */
export async function open(url: string, options: OpenOptions = {}): Promise<OpenedHistory> {
  const history = openUnready(url, options);
  await until(() => history.problem === undefined, "the history cannot be used");
  return history;
}

/** Opens a history, and waits for nothing. */
export function openUnready(url: string, options: OpenOptions = {}): OpenedHistory {
  const observations: Observation[] = [];
  const { retentionMs = 86_400_000, replicaName, owner } = options;
  const history = openHistory({
    database: settingsOf(url),
    retentionMs,
    replicaName,
    ...(owner !== undefined && { owner }),
    observe: (observation) => void observations.push(observation),
    toProblem,
  });
  return Object.assign(history, {
    observations,
    [Symbol.asyncDispose]: () => history.runs.close(),
  });
}
