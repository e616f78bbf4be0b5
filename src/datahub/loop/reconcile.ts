/**
 * One dataset, from what DataHub says about it now to what was done about it. An event, a sweep, a restart
 * and a caller all mean this one step, which may be repeated at any time: it reads everything again, and
 * does only what is left to do.
 */
import type { RunRegistry } from "../../action/run_registry.ts";
import { type ActionDependencies, tokenizeDataset } from "../../action/tokenize_dataset.ts";
import type { Report } from "../../action/trigger.ts";
import { type ErrorCode, type ServiceError, toServiceError } from "../../errors.ts";
import { DEFAULT_RUN_OPTIONS, type RunOptions } from "../../run_options.ts";
import { requireUrnAllowed } from "../allowed_datasets.ts";
import { type DatasetUrn, parseDatasetUrn } from "../dataset_urn.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import { type DatahubDataset, readDataset } from "../gms/read_dataset.ts";
import type { Reporter, Subject } from "../report/reporter.ts";
import type { DatahubMode } from "../settings.ts";
import type { Hint } from "./hint.ts";
import { type LabelRules, type TaggedColumn, taggedColumns } from "./tagged_columns.ts";

/** What a reconciler works with. */
export interface ReconcileDependencies {
  readonly gms: Gms;
  readonly action: ActionDependencies;
  readonly runs: RunRegistry;
  readonly mode: DatahubMode;
  readonly rules: () => LabelRules;
  readonly reporter: Reporter;
}

/** What came of it. */
export type Outcome =
  /** DataHub does not know it, no longer knows it, or marks it as deprecated. */
  | { readonly kind: "left_alone"; readonly why: "removed" | "deprecated" }
  /** It is not a table that this program can reach, but stands for those. */
  | { readonly kind: "stands_for"; readonly tables: readonly string[] }
  /** No column is tagged, or none by somebody. */
  | { readonly kind: "untagged" }
  | DoneOrNothing
  | { readonly kind: "observed"; readonly report: Report }
  /** Of columns that were approved, and what came of those; the report counts the others. */
  | {
    readonly kind: "waiting_for_approval";
    readonly report: Report;
    readonly approved?: DoneOrNothing;
  }
  | { readonly kind: "refused" | "failed"; readonly error: ServiceError };

/** A run, or a dry run that made one unnecessary. */
export interface DoneOrNothing {
  readonly kind: "done" | "nothing_to_do";
  readonly report: Report;
}

/** What DataHub says about a dataset, and what came of it. */
export interface Reconciled {
  readonly datasetUrn: string;
  readonly outcome: Outcome;
  readonly tagged: readonly TaggedColumn[];
  /** Columns that only a program tagged, which are never touched without an approval. */
  readonly unconfirmed: readonly TaggedColumn[];
  /** Labels that ask for columns, but name none. */
  readonly onDataset: readonly string[];
}

/** Failures that may go away without anybody changing anything. */
const PASSING: readonly ErrorCode[] = [
  "run_in_progress",
  "lock_timeout",
  "conflict",
  "timeout",
  "shutting_down",
  "database_unreachable",
  "database_error",
  "token_sdk_unreachable",
  "token_sdk_error",
  "internal",
];

/**
 * Brings a dataset to what DataHub says. Throws `GmsError` if DataHub cannot be asked or told; failures of
 * the dataset itself are outcomes.
 */
export async function reconcile(
  datasetUrn: string,
  hints: readonly Hint[],
  deps: ReconcileDependencies,
): Promise<Reconciled> {
  const found = await findColumns(datasetUrn, deps);
  if (!("columns" in found)) return ended(datasetUrn, found);
  const { dataset, columns } = found;
  if (columns.tagged.length === 0) return ended(datasetUrn, { kind: "untagged" }, columns);
  const actor = hints.findLast((each) => each.actor !== undefined)?.actor;
  const names = columns.tagged.map(({ name }) => name);
  const subject = { datasetUrn, columns: names, ...(actor !== undefined && { actor }) };
  try {
    requireUrnAllowed(dataset, deps.action.allowedDatasets);
    return ended(datasetUrn, await bringAbout(subject, columns.tagged, hints, deps), columns);
  } catch (thrown) {
    if (thrown instanceof GmsError) throw thrown;
    const error = toServiceError(thrown);
    const kind = PASSING.includes(error.code) ? "failed" : "refused";
    await deps.reporter[kind](subject, error);
    return ended(datasetUrn, { kind, error }, columns);
  }
}

type Columns = ReturnType<typeof taggedColumns>;

/** The tagged columns of a table, or why it has to be left alone. */
async function findColumns(
  datasetUrn: string,
  { gms, action, rules }: ReconcileDependencies,
): Promise<Outcome | { readonly dataset: DatasetUrn; readonly columns: Columns }> {
  const dataset = tryParse(datasetUrn);
  if (dataset === undefined) return { kind: "left_alone", why: "removed" };
  const isTable = (urn: string) => action.knownPlatforms.has(tryParse(urn)?.platform ?? "");
  const known = await readDataset(gms, datasetUrn);
  if (!isTable(datasetUrn)) {
    return { kind: "stands_for", tables: known.siblings.filter(isTable) };
  }
  if (!known.exists) return { kind: "left_alone", why: "removed" };
  if (known.isDeprecated) return { kind: "left_alone", why: "deprecated" };
  const siblings: DatahubDataset[] = [];
  for (const urn of known.siblings) {
    if (!isTable(urn)) siblings.push(await readDataset(gms, urn));
  }
  return { dataset, columns: taggedColumns(known, siblings.filter(isInUse), rules()) };
}

function isInUse({ exists, isDeprecated }: DatahubDataset): boolean {
  return exists && !isDeprecated;
}

/** Writes what the mode allows, and counts the rest. */
async function bringAbout(
  subject: Subject,
  tagged: readonly TaggedColumn[],
  hints: readonly Hint[],
  deps: ReconcileDependencies,
): Promise<Outcome> {
  const { mode, reporter } = deps;
  const mayWrite = ({ isApproved }: TaggedColumn) =>
    mode === "run" || (mode === "approve" && isApproved);
  const namesOf = (columns: readonly TaggedColumn[]) => columns.map(({ name }) => name);
  const allowed = { ...subject, columns: namesOf(tagged.filter(mayWrite)) };
  const others = { ...subject, columns: namesOf(tagged.filter((each) => !mayWrite(each))) };
  const first = allowed.columns.length === 0 ? undefined : await tokenize(allowed, hints, deps);
  if (first !== undefined && others.columns.length === 0) return first;

  const counted = await run(others, { dryRun: true }, deps);
  if (counted.updated === 0) {
    await reporter.nothingToDo(others, counted);
    return first ?? { kind: "nothing_to_do", report: counted };
  }
  if (mode === "observe") {
    await reporter.observed(others, counted);
    return { kind: "observed", report: counted };
  }
  await reporter.waitingForApproval(others, counted);
  return { kind: "waiting_for_approval", report: counted, ...(first && { approved: first }) };
}

/** Tokenizes if there is something to tokenize, or if old values elsewhere are due to be cleared. */
async function tokenize(
  subject: Subject,
  hints: readonly Hint[],
  deps: ReconcileDependencies,
): Promise<DoneOrNothing> {
  const counted = await run(subject, { dryRun: true }, deps);
  if (counted.updated === 0 && !hints.some(({ scrubs }) => scrubs !== undefined)) {
    await deps.reporter.nothingToDo(subject, counted);
    return { kind: "nothing_to_do", report: counted };
  }
  const report = await run(subject, { scrub: true }, deps);
  await deps.reporter.done(subject, report);
  return { kind: "done", report };
}

async function run(
  { datasetUrn, columns }: Subject,
  options: Partial<RunOptions>,
  { runs, action }: ReconcileDependencies,
): Promise<Report> {
  const trigger = { ...DEFAULT_RUN_OPTIONS, ...options, datasetUrn, columns };
  const runId = crypto.randomUUID();
  return await runs.start((signal) => tokenizeDataset(trigger, action, { runId, signal }));
}

function ended(
  datasetUrn: string,
  outcome: Outcome,
  columns: Columns = { tagged: [], unconfirmed: [], onDataset: [] },
): Reconciled {
  return { datasetUrn, outcome, ...columns };
}

function tryParse(urn: string): DatasetUrn | undefined {
  try {
    return parseDatasetUrn(urn);
  } catch {
    return undefined; // not a dataset's URN, or one of a kind that DataHub does not write
  }
}
