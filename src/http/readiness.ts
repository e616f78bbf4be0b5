/** `/readyz`: checks each configured platform, once for all requests that arrive meanwhile. */
import { deadline } from "../async.ts";
import type { DatahubLoop } from "../datahub/loop/loop.ts";
import { toServiceError } from "../errors.ts";
import type { Platform } from "../platforms/platform.ts";

/** How long a platform may take to respond. */
const CHECK_TIMEOUT_MS = 5000;

/** The body of `/readyz`: for each platform, DataHub and the history, `reachable`, or why it is not. */
export interface Readiness {
  readonly status: "ready" | "not_ready";
  readonly platforms: Readonly<Record<string, string>>;
  /** Absent if DataHub is not followed. */
  readonly datahub?: string;
  /** The replica that follows DataHub; absent if replicas share no history, or none is known to. */
  readonly datahub_leader?: string;
  /** Absent if runs are kept in memory. */
  readonly history?: string;
}

/** What is asked of a history. */
export interface HistoryState {
  /** Why it cannot be used at present. */
  readonly problem: string | undefined;
}

type Platforms = ReadonlyMap<string, Platform>;

/** Makes the check, which never rejects. Calls during a check get the result of that check. */
export function readinessCheck(
  platforms: Platforms,
  datahub: DatahubLoop | undefined,
  history: HistoryState | undefined,
): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined;
  return () => running ??= checkAll(platforms, datahub, history).finally(() => running = undefined);
}

async function checkAll(
  platforms: Platforms,
  datahub: DatahubLoop | undefined,
  history: HistoryState | undefined,
): Promise<Readiness> {
  const states = await Promise.all(
    [...platforms].map(async ([name, platform]) => [name, await checkOne(platform)] as const),
  );
  const status = datahub?.status();
  const ready = states.length > 0 && states.every(([, state]) => state === "reachable") &&
    status?.needs_attention !== true && history?.problem === undefined;
  return {
    status: ready ? "ready" : "not_ready",
    platforms: Object.fromEntries(states),
    ...(status !== undefined && { datahub: status.problem ?? "reachable" }),
    ...(status?.leader && { datahub_leader: status.leader }),
    ...(history !== undefined && { history: history.problem ?? "reachable" }),
  };
}

async function checkOne(platform: Platform): Promise<string> {
  const late = new Error(`did not respond within ${CHECK_TIMEOUT_MS} ms`);
  const options = { limitMs: CHECK_TIMEOUT_MS, reason: () => late };
  try {
    await deadline((signal) => platform.check(signal), options);
    return "reachable";
  } catch (error) {
    return error === late ? late.message : toServiceError(error).message;
  }
}
