/** What keeps reports from DataHub at present, for those who ask from outside. */
import type { ReportKind } from "../settings.ts";

/** The newest failure of each kind, which a success ends, and the privileges that are missing. */
export class ReportProblems {
  readonly #reasons = new Map<ReportKind, string>();
  #missing: readonly string[] = [];

  /** Remembers a failure. `reason` is a part of a sentence. */
  failed(kind: ReportKind, reason: string): void {
    this.#reasons.set(kind, reason);
  }

  /** Remembers that a report of that kind succeeded. */
  succeeded(kind: ReportKind): void {
    this.#reasons.delete(kind);
  }

  /** Remembers which privileges are missing, each as `PRIVILEGE on what, for what`. */
  missingPrivileges(missing: readonly string[]): void {
    this.#missing = missing;
  }

  /** What is wrong, as a sentence; undefined if nothing is. */
  get message(): string | undefined {
    const failures = [...this.#reasons].map(([kind, reason]) => `${kind}: ${reason}`);
    const missing = this.#missing.map((each) => `missing privilege: ${each}`);
    const parts = [...failures, ...missing];
    return parts.length === 0 ? undefined : `Cannot report to DataHub: ${parts.join("; ")}`;
  }
}
