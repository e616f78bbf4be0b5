/** What is said of a run that was ended from outside: by a signal, a shutdown or a time limit. */
import { ServiceError, toServiceError } from "../errors.ts";

/** The failure of a run that may have committed something before, whose message says how much. */
export class PartlyDone extends ServiceError {}

/**
 * The result of `work`. If it fails with nothing but the reason of `signal`, the error says besides that
 * nothing was changed: work that has committed anything adds to the reason what that was.
 */
export async function orUnchanged<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const { code, message, facts } = toServiceError(error);
    throw new ServiceError(code, `${message}; nothing was changed`, facts);
  }
}
