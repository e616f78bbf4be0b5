/**
 * The errors of requests to Vault. Vault's own messages are searched, to tell one cause from another,
 * and never passed on.
 */
import { type ErrorFacts, ServiceError } from "../../errors.ts";

/** Vault responds but refuses: something has to be changed. */
export function refused(reason: string, facts?: ErrorFacts): ServiceError {
  return new ServiceError("token_sdk_error", `Cannot use Vault: ${reason}`, facts);
}

/** Vault does not respond, or not now. */
export function unreachable(reason: string, facts?: ErrorFacts): ServiceError {
  return new ServiceError("token_sdk_unreachable", `Cannot use Vault: ${reason}`, facts);
}

/** The SDK was closed. */
export function closed(): ServiceError {
  return refused("the token SDK is closed");
}
