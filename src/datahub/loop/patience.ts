/** How long to wait before DataHub is asked again. */
import { backoffMs } from "../../async.ts";
import type { GmsError } from "../gms/gms_error.ts";

const BACKOFF = { firstMs: 1000, maxMs: 60_000 };
/** While somebody has to change a token, a privilege or an address. */
const SLOW = { firstMs: 60_000, maxMs: 60_000 };

/** Milliseconds to wait after so many failures in a row, of which `error` is the last. */
export function pauseAfterMs(error: GmsError, failures: number): number {
  const askedMs = 1000 * (error.retryAfterSeconds ?? 0);
  return Math.max(askedMs, backoffMs(failures, error.isTransient ? BACKOFF : SLOW));
}
