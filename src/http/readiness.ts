/** `/readyz`: asks each configured platform, once for all who ask at the same time. */
import { deadline } from "../async.ts";
import { toServiceError } from "../errors.ts";
import type { Platform } from "../platforms/platform.ts";

/** How long a platform may take to answer. */
const CHECK_TIMEOUT_MS = 5000;

/** What `/readyz` answers. */
export interface Readiness {
  readonly status: "ready" | "not_ready";
  readonly platforms: Readonly<Record<string, string>>;
}

/** Makes the check. While one is under way, everybody waits for the same. */
export function readinessCheck(platforms: ReadonlyMap<string, Platform>): () => Promise<Readiness> {
  let underWay: Promise<Readiness> | undefined;
  return () => underWay ??= ask(platforms).finally(() => underWay = undefined);
}

async function ask(platforms: ReadonlyMap<string, Platform>): Promise<Readiness> {
  const answers = await Promise.all(
    [...platforms].map(async ([name, platform]) => [name, await askOne(platform)] as const),
  );
  const ready = answers.length > 0 && answers.every(([, answer]) => answer === "reachable");
  return { status: ready ? "ready" : "not_ready", platforms: Object.fromEntries(answers) };
}

async function askOne(platform: Platform): Promise<string> {
  const late = new Error(`did not respond within ${CHECK_TIMEOUT_MS} ms`);
  const options = { limitMs: CHECK_TIMEOUT_MS, reason: () => late };
  try {
    await deadline((signal) => platform.check(signal), options);
    return "reachable";
  } catch (error) {
    return error === late ? late.message : toServiceError(error).message;
  }
}
