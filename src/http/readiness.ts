/** `/readyz`: checks each configured platform, once for all requests that arrive meanwhile. */
import { deadline } from "../async.ts";
import { toServiceError } from "../errors.ts";
import type { Platform } from "../platforms/platform.ts";

/** How long a platform may take to respond. */
const CHECK_TIMEOUT_MS = 5000;

/** The body of `/readyz`: for each platform `reachable`, or why it is not. */
export interface Readiness {
  readonly status: "ready" | "not_ready";
  readonly platforms: Readonly<Record<string, string>>;
}

/** Makes the check, which never rejects. Calls during a check get the result of that check. */
export function readinessCheck(platforms: ReadonlyMap<string, Platform>): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined;
  return () => running ??= checkAll(platforms).finally(() => running = undefined);
}

async function checkAll(platforms: ReadonlyMap<string, Platform>): Promise<Readiness> {
  const states = await Promise.all(
    [...platforms].map(async ([name, platform]) => [name, await checkOne(platform)] as const),
  );
  const ready = states.length > 0 && states.every(([, state]) => state === "reachable");
  return { status: ready ? "ready" : "not_ready", platforms: Object.fromEntries(states) };
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
