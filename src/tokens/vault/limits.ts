/** How much is sent at once, and how long to wait. */

import type { BackoffOptions } from "../../async.ts";

/** The limits of an SDK. */
export interface VaultLimits {
  /** How many requests may be under way at once. */
  readonly requests: number;
  readonly itemsPerRequest: number;
  /** Bytes in a request's body, unless a single item has more. */
  readonly bytesPerRequest: number;
  /** How long one attempt may take. */
  readonly attemptMs: number;
  /** How long all attempts of a request may take, including the waits between them. */
  readonly totalMs: number;
  /** The waits between attempts. */
  readonly backoff: BackoffOptions;
  /** After this long without a call, a run looks up again which version of the key writes. */
  readonly idleMs: number;
}

/** The limits in use. A run holds locks while it waits, so no wait may be long. */
export const VAULT_LIMITS: VaultLimits = {
  requests: 4,
  // OpenBao accepts a thousand strings a request, names of fields included: four an item
  itemsPerRequest: 240,
  // both accept bodies of 32 MiB
  bytesPerRequest: 4 * 1024 * 1024,
  attemptMs: 20_000,
  totalMs: 30_000,
  backoff: { firstMs: 100, maxMs: 5000 },
  idleMs: 60_000,
};
