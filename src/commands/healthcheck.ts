/** `tokenize healthcheck`: whether a running action is up. For images without curl. */
import type { HealthcheckCommand } from "../command.ts";
import { isHealthy } from "../http/health.ts";
import { printError } from "./output.ts";
import { cannotReach } from "./why_unreachable.ts";

const REQUEST_TIMEOUT_MS = 3000;

/** Requests `/healthz`. Returns the exit code: 0 if the response is that of a healthy action. */
export async function answerHealthcheck(
  { url }: HealthcheckCommand<string>,
): Promise<number> {
  try {
    const response = await fetch(new URL("/healthz", url), {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const answer = await response.json().catch(() => undefined);
    if (response.ok && isHealthy(answer)) return 0;
    printError(`${url} responded, but not as a healthy action does`);
  } catch (error) {
    printError(cannotReach(url, error));
  }
  return 1;
}
