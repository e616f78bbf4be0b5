/** `tokenize healthcheck`: whether a running action answers. For images that have no curl. */
import type { HealthcheckCommand } from "../command.ts";

const REQUEST_TIMEOUT_MS = 3000;

/** Asks `/healthz`. Gives the exit code: 0 where it answered as it should. */
export async function answerHealthcheck(
  { url }: HealthcheckCommand<string>,
): Promise<number> {
  try {
    const { healthSchema } = await import("../http/schemas.ts");
    const response = await fetch(new URL("/healthz", url), {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const answer = await response.json().catch(() => undefined);
    if (response.ok && healthSchema.safeParse(answer).success) return 0;
    console.error(`tokenize: ${url} answered, but not as a healthy action does`);
  } catch {
    console.error(`tokenize: Cannot reach the action at ${url}: is it running?`);
  }
  return 1;
}
