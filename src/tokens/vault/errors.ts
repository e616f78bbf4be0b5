/**
 * What is said when Vault does not do what it is asked. Vault's own messages are looked at, to tell one
 * cause from another, and never passed on.
 */
import { type ErrorFacts, ServiceError } from "../../errors.ts";

/** Vault is there, and will not do it: somebody has to change something. */
export function refused(reason: string, facts?: ErrorFacts): ServiceError {
  return new ServiceError("token_sdk_error", `Cannot use Vault: ${reason}`, facts);
}

/** Vault is not there, or not now. */
export function unreachable(reason: string, facts?: ErrorFacts): ServiceError {
  return new ServiceError("token_sdk_unreachable", `Cannot use Vault: ${reason}`, facts);
}

/** The SDK was closed. */
export function closed(): ServiceError {
  return refused("the token SDK is closed");
}
