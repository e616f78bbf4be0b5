/** Which kinds of report fail at present, and why, for those who ask from outside. */
import type { ReportKind } from "../settings.ts";

/** The newest failure of each kind; a success ends it. */
export class ReportProblems {
  readonly #reasons = new Map<ReportKind, string>();

  /** Remembers a failure. `reason` is a part of a sentence. */
  failed(kind: ReportKind, reason: string): void {
    this.#reasons.set(kind, reason);
  }

  /** Remembers that a report of that kind succeeded. */
  succeeded(kind: ReportKind): void {
    this.#reasons.delete(kind);
  }

  /** What is wrong, as a sentence; undefined if nothing is. */
  get message(): string | undefined {
    if (this.#reasons.size === 0) return undefined;
    const parts = [...this.#reasons].map(([kind, reason]) => `${kind}: ${reason}`);
    return `Cannot report to DataHub: ${parts.join("; ")}`;
  }
}
