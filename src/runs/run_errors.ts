/** Why a run cannot be started or found. */
import { ServiceError } from "../errors.ts";

/** Its key is another request's. */
export function reused(): ServiceError {
  return new ServiceError(
    "idempotency_key_reused",
    "Cannot start the run: its Idempotency-Key was sent before with another body",
  );
}

/** There is none with that id. Throws `not_found`. */
export function notFound(): never {
  throw new ServiceError("not_found", "Cannot find the run: none with that id is kept");
}

/** It has no receipt. Throws `not_found`. */
export function noReceipt(): never {
  throw new ServiceError(
    "not_found",
    "Cannot find the receipt: there is no run with that id that has ended",
  );
}
