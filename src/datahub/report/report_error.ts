/** That something could not be reported to DataHub, and is worth another attempt. */
import { GmsError } from "../gms/gms_error.ts";

/** The message reads "Cannot report to DataHub: <reason>". The run that it is about stays done. */
export class ReportError extends GmsError {
  /** `cause` is the first failure of those that are worth another attempt. */
  constructor({ fault, reason, retryAfterSeconds }: GmsError) {
    super(fault, reason, retryAfterSeconds);
    this.message = `Cannot report to DataHub: ${reason}`;
  }
}
