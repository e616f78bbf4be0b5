/** What the loop knows of the datasets it dealt with, for those who ask from outside. */
import { waitingColumns, type WaitingDataset } from "./waiting_columns.ts";
import type { Reconciled } from "./outcome.ts";

/** A dataset that needs somebody's attention. This is the published document, hence the snake_case. */
export interface DatasetProblem {
  readonly dataset_urn: string;
  readonly code: string;
  readonly detail: string;
}

/** The most datasets of each kind that are kept by name. */
const MAX_DATASETS = 1000;

/** The newest outcome of each dataset, as far as it needs attention. */
export class LoopState {
  readonly #failed = new Map<string, DatasetProblem>();
  readonly #refused = new Map<string, DatasetProblem>();
  /** Those whose outcome is that they wait. */
  readonly #waiting = new Set<string>();
  /** Those with any column that waits: also one that only a program tagged. */
  readonly #columns = new Map<string, WaitingDataset>();

  /** Those that failed and are tried again. */
  get failed(): readonly DatasetProblem[] {
    return [...this.#failed.values()];
  }

  /** Those that somebody has to change something about. */
  get refused(): readonly DatasetProblem[] {
    return [...this.#refused.values()];
  }

  /** URNs of those with columns that wait for an approval. */
  get waitingForApproval(): readonly string[] {
    return [...this.#waiting];
  }

  /** Columns that wait for an approval, and why they are tagged. */
  get waiting(): readonly WaitingDataset[] {
    return [...this.#columns.values()];
  }

  /** Remembers what came of a dataset, instead of what came of it before. */
  record(reconciled: Reconciled): void {
    const { datasetUrn, outcome } = reconciled;
    this.#columns.delete(datasetUrn);
    const waiting = waitingColumns(reconciled);
    if (waiting && this.#columns.size < MAX_DATASETS) this.#columns.set(datasetUrn, waiting);
    this.#failed.delete(datasetUrn);
    this.#refused.delete(datasetUrn);
    this.#waiting.delete(datasetUrn);
    if (outcome.kind === "waiting_for_approval" && this.#waiting.size < MAX_DATASETS) {
      this.#waiting.add(datasetUrn);
    }
    if (outcome.kind !== "failed" && outcome.kind !== "refused") return;
    const { code, message } = outcome.error;
    this.#keep(outcome.kind, { dataset_urn: datasetUrn, code, detail: message });
  }

  /** Remembers that DataHub could not be asked about a dataset, or told. */
  recordUnasked(datasetUrn: string, detail: string): void {
    this.#keep("failed", { dataset_urn: datasetUrn, code: "datahub", detail });
  }

  #keep(kind: "failed" | "refused", problem: DatasetProblem): void {
    const problems = kind === "failed" ? this.#failed : this.#refused;
    if (problems.size < MAX_DATASETS) problems.set(problem.dataset_urn, problem);
  }
}
