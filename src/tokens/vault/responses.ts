/** What Vault's responses contain, read without relying on their shape. */
import type { VaultReply } from "./connection.ts";

/** A token that Vault issued, and its lifetime. */
export interface Lease {
  readonly token: string;
  /** Its lifetime; zero if it never expires. */
  readonly seconds: number;
  readonly isRenewable: boolean;
}

/** What `keys/NAME` returns about a key. */
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

/** Whether the request succeeded. */
export function isSuccess({ status }: VaultReply): boolean {
  return status >= 200 && status < 300;
}

/** The token issued by a login or a renewal; undefined if there is none. */
export function leaseOf({ json }: VaultReply): Lease | undefined {
  const auth = object(object(json).auth);
  const { client_token: token, lease_duration: seconds, renewable } = auth;
  if (typeof token !== "string" || token === "") return undefined;
  return { token, seconds: Number(seconds) || 0, isRenewable: renewable === true };
}

/** The lease of `token`, from the response of `lookup-self`. */
export function lookedUpLease(token: string, { json }: VaultReply): Lease {
  const { ttl, renewable } = object(object(json).data);
  return { token, seconds: Number(ttl) || 0, isRenewable: renewable === true };
}

/** The properties of a key. */
export function keyFactsOf({ json }: VaultReply): KeyFacts {
  const { convergent_encryption, soft_deleted } = object(object(json).data);
  return {
    isConvergent: convergent_encryption === true,
    isDeleted: soft_deleted === true,
  };
}

/** The results of a batch of `count` items; undefined if their number differs. */
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

/** Whether the request was refused because it was too large. */
export function isTooLarge({ status, json }: VaultReply): boolean {
  return status === 413 || (status === 400 && /complexity|too large|exceed/i.test(errorsOf(json)));
}

/** The errors in a response: for searching, never for showing. */
export function errorsOf(json: unknown): string {
  const { errors } = object(json);
  return Array.isArray(errors) ? errors.filter((each) => typeof each === "string").join("\n") : "";
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
