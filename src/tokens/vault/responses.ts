/** What stands in Vault's answers, read with suspicion: anything may be in them. */
import type { VaultReply } from "./connection.ts";

/** A token that Vault gave, and for how long. */
export interface Lease {
  readonly token: string;
  /** Zero for one that never expires. */
  readonly seconds: number;
  readonly isRenewable: boolean;
}

/** What `keys/NAME` tells of a key. */
export interface KeyFacts {
  readonly isConvergent: boolean;
  readonly isDeleted: boolean;
}

/** The result for one item of a batch. */
export interface ItemResult {
  readonly ciphertext: string | undefined;
  readonly plaintext: string | undefined;
  readonly isRefused: boolean;
}

/** Whether it did what it was asked. */
export function isSuccess({ status }: VaultReply): boolean {
  return status >= 200 && status < 300;
}

/** The token of a login or a renewal; undefined where there is none. */
export function leaseOf({ json }: VaultReply): Lease | undefined {
  const auth = object(object(json).auth);
  const { client_token: token, lease_duration: seconds, renewable } = auth;
  if (typeof token !== "string" || token === "") return undefined;
  return { token, seconds: Number(seconds) || 0, isRenewable: renewable === true };
}

/** How long `token` lasts, from what `lookup-self` answered. */
export function lookedUpLease(token: string, { json }: VaultReply): Lease {
  const { ttl, renewable } = object(object(json).data);
  return { token, seconds: Number(ttl) || 0, isRenewable: renewable === true };
}

/** What a key is. */
export function keyFactsOf({ json }: VaultReply): KeyFacts {
  const { convergent_encryption, soft_deleted } = object(object(json).data);
  return {
    isConvergent: convergent_encryption === true,
    isDeleted: soft_deleted === true,
  };
}

/** The results of a batch of `count` items; undefined where there are not as many. */
export function batchResultsOf({ json }: VaultReply, count: number): ItemResult[] | undefined {
  const results = object(object(json).data).batch_results;
  if (!Array.isArray(results) || results.length !== count) return undefined;
  return results.map((result) => {
    const { ciphertext, plaintext, error } = object(result);
    return {
      ciphertext: typeof ciphertext === "string" ? ciphertext : undefined,
      plaintext: typeof plaintext === "string" ? plaintext : undefined,
      isRefused: typeof error === "string" && error !== "",
    };
  });
}

/** Whether it was refused for being too much at once. */
export function isTooLarge({ status, json }: VaultReply): boolean {
  return status === 413 || (status === 400 && /complexity|too large|exceed/i.test(errorsOf(json)));
}

/** What an answer says went wrong: to be searched, and never to be shown. */
export function errorsOf(json: unknown): string {
  const { errors } = object(json);
  return Array.isArray(errors) ? errors.filter((each) => typeof each === "string").join("\n") : "";
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
