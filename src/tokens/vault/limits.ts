/** How much is sent at once, and how long is waited. */

import type { BackoffOptions } from "../../async.ts";

/** The limits of an SDK. */
export interface VaultLimits {
  /** Requests that may be on their way at once. */
  readonly requests: number;
  readonly itemsPerRequest: number;
  /** Bytes of a request's body, unless a single item has more. */
  readonly bytesPerRequest: number;
  /** How long one attempt may take. */
  readonly attemptMs: number;
  /** How long all attempts of a request may take, with the waits between them. */
  readonly totalMs: number;
  /** The waits between attempts. */
  readonly backoff: BackoffOptions;
  /** A run that begins after so long without a call looks up anew which version of the key writes. */
  readonly idleMs: number;
}

/** The limits in use. A run holds locks while it waits, so no wait may be long. */
export const VAULT_LIMITS: VaultLimits = {
  requests: 4,
  // OpenBao takes a thousand strings a request, names of fields included: four an item
  itemsPerRequest: 240,
  // both take bodies of 32 MiB
  bytesPerRequest: 4 * 1024 * 1024,
  attemptMs: 20_000,
  totalMs: 30_000,
  backoff: { firstMs: 100, maxMs: 5000 },
  idleMs: 60_000,
};
