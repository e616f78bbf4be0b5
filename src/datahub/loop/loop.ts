/**
 * The DataHub loop: keeps tables as the tags in DataHub say. Events, sweeps and callers mark datasets as
 * due, and `reconcile` deals with each. Nothing is kept but the offset of the events, in DataHub: after a
 * restart, a sweep finds what is left to do.
 */
import type { ActionDependencies } from "../../action/tokenize_dataset.ts";
import { settleWithin } from "../../async.ts";
import { MAX_RUNS } from "../../runs/run_queue.ts";
import type { RunService } from "../../runs/run_service.ts";
import { openGms } from "../gms/gms.ts";
import { offsetStore } from "../gms/offset_store.ts";
import { findTaggedDatasets } from "../gms/search.ts";
import { openReports } from "../report/open_reports.ts";
import type { Reporter } from "../report/reporter.ts";
import type { DatahubSettings } from "../settings.ts";
import { type Approval, approve } from "./approvals.ts";
import { dealWith } from "./deal_with.ts";
import { DueQueue } from "./due_queue.ts";
import { EventIntake } from "./event_intake.ts";
import { findTermsIn } from "./find_terms.ts";
import { type ChangeEvent, type Hint, readChangeEvent } from "./hint.ts";
import { Journal } from "./journal.ts";
import { LoopState } from "./loop_state.ts";
import { type LoopStatus, statusOf } from "./loop_status.ts";
import { Sweeper } from "./sweeper.ts";
import { tokenSourceOf } from "./token_source.ts";
import type { LabelRules } from "./tagged_columns.ts";
import type { Approvals } from "./waiting_columns.ts";

/** What the loop works with. */
export interface LoopDependencies {
  readonly settings: DatahubSettings;
  readonly action: ActionDependencies;
  readonly runs: RunService;
  /** As in `TOKEN_SDK_MODE`. */
  readonly tokenSdkMode: string;
  /** Where it reports to; otherwise to DataHub. */
  readonly reporter?: Reporter;
}

/** A loop that runs. */
export interface DatahubLoop {
  /** How it is now. */
  status(): LoopStatus;
  /** Takes EntityChangeEvents that a caller hands over. Returns how many name a dataset to deal with. */
  take(payloads: readonly unknown[]): Promise<number>;
  /** Makes a dataset due. */
  mark(datasetUrn: string): void;
  /** What waits for an approval. */
  approvals(): Approvals;
  /** Approves columns that wait; see `approve`. */
  approve(approval: Approval): Promise<void>;
  /** Starts nothing new from now on. Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

/** How many datasets are dealt with at once: half of the runs a database allows, so that callers get places. */
const CONCURRENCY = MAX_RUNS / 2;
/** How long columns of the same table are collected. */
const MERGE_WINDOW_MS = 2000;
const BACKOFF = { firstMs: 5000, maxMs: 900_000 };
/** How often in a row a dataset may fail before that is an incident: about half a minute. */
const FAILURES = 3;
/** How long the last request to DataHub may take when the program stops. */
const CLOSE_TIMEOUT_MS = 2000;

/** Starts the loop. It never throws what DataHub or a database causes. */
export function startLoop(deps: LoopDependencies): DatahubLoop {
  const { settings: { gms: { url }, mode, approvalTag }, action: { observe } } = deps;
  const parts = partsOf(deps);
  const { gms, state, mark, intake, sweeper, queue, journal, rules, take } = parts;
  const stopping = new AbortController();
  observe({ event: "datahub_started", url, mode });
  const polling = intake.run(stopping.signal);
  const sweeping = intake.began.then(() => sweeper.run(stopping.signal));
  return {
    status: () => statusOf(mode, parts),
    // deno-lint-ignore require-await -- another replica may be the one to take them
    take: async (payloads) => takeAll(payloads, rules(), take),
    mark,
    approvals: () => ({ approval_tag: approvalTag ?? null, waiting: state.waiting }),
    approve: (approval) => approve(approval, { gms, state, approvalTag, observe, mark }),
    async close() {
      const closed = queue.close();
      stopping.abort(new Error("the loop is closed"));
      await closed;
      const ended = Promise.all([polling, sweeping, intake.flush(), journal.flush()]);
      await settleWithin(CLOSE_TIMEOUT_MS, ended);
    },
  };
}

/** The parts, connected with one another; none of them does anything yet. */
function partsOf({ settings, action, runs, tokenSdkMode, ...rest }: LoopDependencies) {
  const { observe } = action;
  const { mode, tags, approvalTag, purgeProfiles } = settings;
  const gms = openGms(settings.gms);
  const state = new LoopState();
  const tokenSource = tokenSourceOf(action, tokenSdkMode);
  const reports = openReports({
    gms,
    settings,
    tokenSource,
    observe,
    failuresToIncident: FAILURES,
  });
  const { reporter = reports.reporter } = rest;
  const journal = new Journal(gms, settings.consumer);
  let terms: readonly string[] = settings.terms;
  const rules = (): LabelRules => ({ wanted: new Set([...tags, ...terms]), approvalTag });
  const mark = (urn: string) => void queue.mark(urn);
  const done = { reporter, journal, purgeProfiles };
  const findsLooks = mode === "approve";
  const deps = { gms, action, runs, mode, rules, state, mark, findsLooks, ...done };
  const queue: DueQueue<Hint> = new DueQueue<Hint>({
    concurrency: CONCURRENCY,
    backoff: BACKOFF,
    work: (urn, hints) => dealWith(urn, hints, deps),
  });
  const take = async (event: ChangeEvent) => {
    if (!isRelevant(event, rules())) return;
    const { actor, isAddition } = event;
    const hint: Hint = { isEvent: true, ...(isAddition && actor !== undefined && { actor }) };
    await queue.mark(event.datasetUrn, { delayMs: MERGE_WINDOW_MS, hint });
  };
  const sweeper = new Sweeper({
    intervalMs: settings.sweepIntervalMs,
    async *find(signal) {
      await resume(journal, queue);
      terms = [...settings.terms, ...await findTermsIn(gms, settings.termGroups, signal)];
      let sample: string | undefined;
      for await (const urn of findTaggedDatasets(gms, { tags, terms }, signal)) {
        sample ??= urn;
        yield urn;
      }
      await reports.checkPrivileges(sample, signal);
    },
    mark: (urn) => void queue.mark(urn, { isBulk: true }),
    observe,
  });
  const intake = new EventIntake({
    gms,
    offsets: offsetStore(gms, settings.consumer),
    poll: settings.poll,
    absentPauseMs: settings.sweepIntervalMs,
    take,
    requestSweep: (reason) => sweeper.request(reason),
    observe,
  });
  const { problems } = reports;
  return { gms, mark, intake, sweeper, queue, state, problems, journal, rules, take };
}

/** Makes due what an earlier program left: what it did not report, and what it was to scrub later. */
async function resume(journal: Journal, queue: DueQueue<Hint>): Promise<void> {
  await journal.load();
  for (const urn of journal.unreported) void queue.mark(urn, { isBulk: true });
  for (const [urn, { due_at_ms: dueAtMs }] of journal.scrubs) {
    void queue.mark(urn, { delayMs: Math.max(0, dueAtMs - Date.now()), isBulk: true });
  }
}

/** Exactly those labels: the program's own tag for what is done makes events, too. */
function isRelevant({ label }: ChangeEvent, { wanted, approvalTag }: LabelRules): boolean {
  return wanted.has(label) || label === approvalTag;
}

function takeAll(
  payloads: readonly unknown[],
  rules: LabelRules,
  take: (event: ChangeEvent) => Promise<void>,
): number {
  const events = payloads.map(readChangeEvent)
    .filter((event) => event !== undefined && event !== "malformed")
    .filter((event) => isRelevant(event, rules));
  for (const event of events) void take(event);
  return events.length;
}
