/** A failure in the words of what was done: of a run, of a restoration, or of a rotation. */
import { ServiceError } from "../errors.ts";
import type { Operation } from "../run_options.ts";

/** What stands in a run's way stands in the way of restoring and of rotating, too. */
export function inWordsOf(operation: Operation, error: ServiceError): ServiceError {
  if (operation === "tokenize") return error;
  const message = error.message.replace(/^Cannot tokenize /, `Cannot ${operation} `);
  return new ServiceError(error.code, message, error.facts);
}
