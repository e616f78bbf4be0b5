/** Brings tagged columns to what the mode allows: counts, tokenizes, reports. */
import { type ActionDependencies, tokenizeDataset } from "../../action/tokenize_dataset.ts";
import type { Report } from "../../action/trigger.ts";
import { type ErrorCode, toServiceError } from "../../errors.ts";
import { DEFAULT_RUN_OPTIONS, type RunOptions } from "../../run_options.ts";
import type { RunService } from "../../runs/run_service.ts";
import type { Gms } from "../gms/gms.ts";
import { profilesPlaces } from "../report/profiles.ts";
import type { ReportedRun, Reporter } from "../report/reporter.ts";
import type { Subject } from "../report/subject.ts";
import type { DatahubMode } from "../settings.ts";
import { copiesPlace, findCopies } from "./copies.ts";
import type { BegunRun, Journal } from "./journal.ts";
import type { DoneOrNothing, Outcome } from "./outcome.ts";
import type { LabelRules, TaggedColumn } from "./tagged_columns.ts";

/** What it works with. */
export interface BringAboutDependencies {
  readonly action: ActionDependencies;
  readonly runs: RunService;
  readonly mode: DatahubMode;
  readonly reporter: Reporter;
  readonly journal: Journal;
  readonly gms: Gms;
  /** Whether a run is followed by the deletion of the dataset's profiles in DataHub. */
  readonly purgeProfiles: boolean;
  readonly rules: () => LabelRules;
  /** Whether to sample what the values of columns look like that wait or are counted only. */
  readonly findsLooks: boolean;
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
  const reported = await reportAgain(subject, deps);
  const counted = await run(subject, { dryRun: true }, deps);
  if (counted.updated === 0 && reported !== undefined) return reported;
  const unreported = counted.updated === 0 ? journal.runOn(datasetUrn) : undefined;
  if (unreported !== undefined) return await reportRecovered(subject, unreported, deps);
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
  const whole = await withPlacesElsewhere(subject, report, deps);
  journal.committed(datasetUrn, whole);
  return await reportDone(subject, whole, { startedAtMs, isRecovered: false }, deps);
}

/** Reports a run of this program again whose report failed. The table is not touched for that. */
async function reportAgain(
  subject: Subject,
  deps: BringAboutDependencies,
): Promise<DoneOrNothing | undefined> {
  const begun = deps.journal.runOn(subject.datasetUrn);
  const report = deps.journal.reportOf(subject.datasetUrn);
  if (begun === undefined || report === undefined) return undefined;
  const { columns, started_at_ms: startedAtMs } = begun;
  return await reportDone(
    { ...subject, columns },
    report,
    { startedAtMs, isRecovered: false },
    deps,
  );
}

/** Reports a run that an earlier program committed, as far as the journal tells of it. */
async function reportRecovered(
  subject: Subject,
  { run_id, columns, started_at_ms: startedAtMs, updated }: BegunRun,
  deps: BringAboutDependencies,
): Promise<DoneOrNothing> {
  const scrubbed = await run(subject, { scrub: true }, deps); // finds what is left of old values
  const report = await withPlacesElsewhere(subject, { ...scrubbed, run_id, updated }, deps);
  return await reportDone(
    { ...subject, columns },
    report,
    { startedAtMs, isRecovered: true },
    deps,
  );
}

/** The report with those places in DataHub, and downstream, where old values are left. */
async function withPlacesElsewhere(
  { datasetUrn, columns }: Subject,
  { residue = [], ...report }: Report,
  { gms, rules, purgeProfiles, action: { observe } }: BringAboutDependencies,
): Promise<Report> {
  const profiles = await profilesPlaces(datasetUrn, { gms, purgeProfiles, observe });
  const copies = copiesPlace(await findCopies(gms, datasetUrn, columns, rules()));
  return { ...report, residue: [...residue, ...profiles, copies] };
}

async function reportDone(
  subject: Subject,
  report: Report,
  run: ReportedRun,
  { reporter, journal }: BringAboutDependencies,
): Promise<DoneOrNothing> {
  await reporter.done(subject, report, run);
  await journal.end(subject.datasetUrn);
  return { kind: "done", report };
}

/** A run of the table; one that only counts is not kept, as each sweep makes one of each dataset. */
async function run(
  { datasetUrn, columns, actor, isEvent }: Subject,
  options: Partial<RunOptions>,
  { runs }: BringAboutDependencies,
  runId: string = crypto.randomUUID(),
): Promise<Report> {
  const trigger = { ...DEFAULT_RUN_OPTIONS, ...options, datasetUrn, columns };
  const cause = { kind: isEvent ? "event" : "sweep", actor: actor ?? null } as const;
  if (trigger.dryRun) return await runs.aside({ trigger, cause }, tokenizeDataset);
  const { report } = await runs.start({ trigger, cause, runId });
  return await report;
}
