/** How much is sent at once, and how long is waited. */

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
  /** What is waited before the second attempt; twice as long before each further one, up to the most. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
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
  firstWaitMs: 100,
  longestWaitMs: 5_000,
  idleMs: 60_000,
};
