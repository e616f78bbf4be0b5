/** Brings tagged columns to what the mode allows: counts, tokenizes, reports. */
import type { RunRegistry } from "../../action/run_registry.ts";
import { type ActionDependencies, tokenizeDataset } from "../../action/tokenize_dataset.ts";
import type { Report } from "../../action/trigger.ts";
import { type ErrorCode, toServiceError } from "../../errors.ts";
import { DEFAULT_RUN_OPTIONS, type RunOptions } from "../../run_options.ts";
import type { Gms } from "../gms/gms.ts";
import type { ReportedRun, Reporter, Subject } from "../report/reporter.ts";
import type { DatahubMode } from "../settings.ts";
import { copiesPlace, findCopies } from "./copies.ts";
import type { BegunRun, Journal } from "./journal.ts";
import type { DoneOrNothing, Outcome } from "./outcome.ts";
import type { LabelRules, TaggedColumn } from "./tagged_columns.ts";

/** What it works with. */
export interface BringAboutDependencies {
  readonly action: ActionDependencies;
  readonly runs: RunRegistry;
  readonly mode: DatahubMode;
  readonly reporter: Reporter;
  readonly journal: Journal;
  readonly gms: Gms;
  readonly rules: () => LabelRules;
}

/** Failures after which nobody can tell whether the run was committed. */
const IN_DOUBT: readonly ErrorCode[] = [
  "database_unreachable",
  "database_error",
  "timeout",
  "shutting_down",
  "internal",
];

/** Writes what the mode allows, and counts the rest. */
export async function bringAbout(
  subject: Subject,
  tagged: readonly TaggedColumn[],
  deps: BringAboutDependencies,
): Promise<Outcome> {
  const { mode, reporter } = deps;
  const mayWrite = ({ isApproved }: TaggedColumn) =>
    mode === "run" || (mode === "approve" && isApproved);
  const namesOf = (columns: readonly TaggedColumn[]) => columns.map(({ name }) => name);
  const allowed = { ...subject, columns: namesOf(tagged.filter(mayWrite)) };
  const others = { ...subject, columns: namesOf(tagged.filter((each) => !mayWrite(each))) };
  const first = allowed.columns.length === 0 ? undefined : await tokenize(allowed, deps);
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
  deps: BringAboutDependencies,
): Promise<DoneOrNothing> {
  const { journal, reporter } = deps;
  const { datasetUrn, columns } = subject;
  const counted = await run(subject, { dryRun: true }, deps);
  const unreported = counted.updated === 0 ? journal.runOn(datasetUrn) : undefined;
  if (unreported !== undefined) return await reportLate(subject, unreported, deps);
  const scrub = journal.scrubs.get(datasetUrn);
  const isScrubDue = scrub !== undefined && scrub.due_at_ms <= Date.now();
  if (counted.updated === 0 && !isScrubDue) {
    await reporter.nothingToDo(subject, counted);
    return { kind: "nothing_to_do", report: counted };
  }
  const runId = crypto.randomUUID();
  const startedAtMs = Date.now();
  if (counted.updated > 0) {
    const { updated } = counted;
    const begun = { run_id: runId, columns: [...columns], started_at_ms: startedAtMs, updated };
    await journal.begin(datasetUrn, begun);
  }
  const report = await run(subject, { scrub: true }, deps, runId).catch(async (error) => {
    if (!IN_DOUBT.includes(toServiceError(error).code)) await journal.end(datasetUrn);
    throw error;
  });
  journal.committed(datasetUrn, report.updated);
  return await reportDone(subject, report, { startedAtMs, isRecovered: false }, deps);
}

/** Reports a run that was committed, but not reported: the program or its reporter failed before. */
async function reportLate(
  subject: Subject,
  unreported: BegunRun,
  deps: BringAboutDependencies,
): Promise<DoneOrNothing> {
  const { run_id, columns, started_at_ms: startedAtMs, updated } = unreported;
  const scrubbed = await run(subject, { scrub: true }, deps); // finds what is left of old values
  const isRecovered = !deps.journal.isExact(subject.datasetUrn);
  const report = { ...scrubbed, run_id, updated };
  return await reportDone({ ...subject, columns }, report, { startedAtMs, isRecovered }, deps);
}

/** Reports a run, with the datasets downstream that hold copies of the old values. */
async function reportDone(
  subject: Subject,
  { residue = [], ...report }: Report,
  reported: ReportedRun,
  { gms, rules, reporter, journal }: BringAboutDependencies,
): Promise<DoneOrNothing> {
  const copies = await findCopies(gms, subject.datasetUrn, subject.columns, rules());
  const whole = { ...report, residue: [...residue, copiesPlace(copies)] };
  await reporter.done(subject, whole, reported);
  await journal.end(subject.datasetUrn);
  return { kind: "done", report: whole };
}

async function run(
  { datasetUrn, columns }: Subject,
  options: Partial<RunOptions>,
  { runs, action }: BringAboutDependencies,
  runId: string = crypto.randomUUID(),
): Promise<Report> {
  const trigger = { ...DEFAULT_RUN_OPTIONS, ...options, datasetUrn, columns };
  return await runs.start((signal) => tokenizeDataset(trigger, action, { runId, signal }));
}
