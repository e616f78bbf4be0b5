/**
 * What the loop reports about a dataset, and to whom: the seam between following DataHub and writing to it.
 */
import type { Report } from "../../action/trigger.ts";
import type { ServiceError } from "../../errors.ts";
import type { Subject } from "./subject.ts";

/** What is known of a run beyond its report. */
export interface ReportedRun {
  /** When it began, in milliseconds since 1970: the same however often it is reported. */
  readonly startedAtMs: number;
  /**
   * True if the program ended between the run's COMMIT and its report. Then `updated` is what was counted
   * right before the run.
   */
  readonly isRecovered: boolean;
}

/**
 * Where the loop reports to. Each call is awaited, and must be safe to repeat: after a crash the loop deals
 * with the dataset again. A rejection with `ReportError` makes the dataset due again, and never undoes a run.
 */
export interface Reporter {
  /** A run succeeded. Its `updated` may be 0 if only old values elsewhere were cleared. */
  done(subject: Subject, report: Report, run: ReportedRun): Promise<void>;
  /** A dry run found that every value is a token already. */
  nothingToDo(subject: Subject, report: Report): Promise<void>;
  /** A dry run found values, and nothing may be written: the mode is `observe`. */
  observed(subject: Subject, report: Report): Promise<void>;
  /** A dry run found values in columns that nobody approved yet. */
  waitingForApproval(subject: Subject, report: Report): Promise<void>;
  /** No column is tagged any more: the subject names none. */
  untagged(subject: Subject): Promise<void>;
  /** The same run would fail again: somebody has to change something first. */
  refused(subject: Subject, error: ServiceError): Promise<void>;
  /** It may succeed later, and is tried again. */
  failed(subject: Subject, error: ServiceError): Promise<void>;
}

const nothing = () => Promise.resolve();

/** Reports nothing; the log has it. */
export const SILENT_REPORTER: Reporter = {
  done: nothing,
  nothingToDo: nothing,
  observed: nothing,
  waitingForApproval: nothing,
  untagged: nothing,
  refused: nothing,
  failed: nothing,
};
