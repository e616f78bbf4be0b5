/** Rows of runs, as statements give them and take them. */
import { isFinal, type Run, type RunThrottle } from "../../runs/run.ts";
import type { StoredRun } from "../../runs/run_store.ts";
import { SCHEMA } from "../migrations.ts";

/** The table. */
export const RUNS = `${SCHEMA}.runs`;

/** The states that are no end, as SQL. */
export const LIVE = "('queued', 'running')";

/** What `storedRunOf` reads; `r` is the table. */
export const RUN_COLUMNS =
  "r.owner, r.revision::float8, r.cancel_requested, r.throttle, r.document";

/** The run in a row, without what is asked of it. */
type StoredDocument = Omit<Run, "operation"> & Partial<Pick<Run, "operation">>;

/** A row of them. */
export type RunRow = readonly [
  owner: string,
  revision: number,
  cancelRequested: boolean,
  throttle: RunThrottle | null,
  document: StoredDocument,
];

/** A row of what was changed. */
export type ChangedRow = readonly [runId: string, ...row: RunRow];

/** The run in a row. An earlier program, perhaps a replica of this one, stored no operation. */
export function storedRunOf(
  [owner, revision, cancelRequested, throttle, document]: RunRow,
): StoredRun {
  const whole: Run = { ...document, operation: document.operation ?? "tokenize" };
  return { run: withRequests(whole, cancelRequested, throttle), revision, owner };
}

/** The run with what was asked of it, by anybody. */
export function withRequests(
  document: Run,
  cancelRequested: boolean,
  throttle: RunThrottle | null,
): Run {
  return {
    ...document,
    ...(throttle && { throttle }),
    ...(cancelRequested && { cancel_requested: true as const }),
  };
}

/** The columns that follow from a run, as parameters: id, state, dataset, creation, end, document. */
export function runParameters(run: Run): (string | null)[] {
  const { cancel_requested: _, throttle: __, ...document } = run;
  return [
    run.run_id,
    run.state,
    run.dataset_urn,
    run.created_at,
    run.finished_at ?? (isFinal(run.state) ? new Date().toISOString() : null),
    JSON.stringify(document),
  ];
}
