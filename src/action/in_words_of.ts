/** A failure in the words of what was done: of a run, of a restoration, or of a rotation. */
import { ServiceError } from "../errors.ts";

/** What a job does, if it is no ordinary run. */
interface Work {
  readonly restores?: boolean;
  /** Present if it rotates. */
  readonly rotateFrom?: unknown;
}

/** What stands in a run's way stands in the way of restoring and of rotating, too. */
export function inWordsOf(
  { restores, rotateFrom }: Work,
  error: ServiceError,
): ServiceError {
  const verb = restores ? "restore" : rotateFrom !== undefined ? "rotate" : undefined;
  if (verb === undefined) return error;
  const message = error.message.replace(/^Cannot tokenize /, `Cannot ${verb} `);
  return new ServiceError(error.code, message, error.facts);
}
