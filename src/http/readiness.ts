/** `/readyz`: asks each configured platform, once for all who ask at the same time. */
import { toServiceError } from "../errors.ts";
import type { Platform } from "../platforms/platform.ts";

/** How long a platform may take to answer. */
const PATIENCE_MS = 5000;

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
  const late = Promise.withResolvers<string>();
  const abort = new AbortController();
  const timer = setTimeout(() => {
    late.resolve(`did not answer within ${PATIENCE_MS} ms`);
    abort.abort();
  }, PATIENCE_MS);
  try {
    return await Promise.race([platform.check(abort.signal).then(() => "reachable"), late.promise]);
  } catch (error) {
    return toServiceError(error).message;
  } finally {
    clearTimeout(timer);
  }
}
