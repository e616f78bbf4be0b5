/** How the loop is, for /readyz, `GET /datahub/status` and `tokenize datahub status`. */
import type { ReportProblems } from "../report/report_problems.ts";
import type { DatahubMode } from "../settings.ts";
import type { DueQueue } from "./due_queue.ts";
import type { EventIntake } from "./event_intake.ts";
import type { Hint } from "./hint.ts";
import type { DatasetProblem, LoopState } from "./loop_state.ts";
import type { WaitingDataset } from "./waiting_columns.ts";
import type { Sweeper } from "./sweeper.ts";

/** How events reach the loop: by polling, not at all since DataHub has none, or not at the moment. */
export const EVENT_STATES = ["polling", "absent", "failing"] as const;
/** How events reach the loop. */
export type EventState = (typeof EVENT_STATES)[number];

/** How the loop is. This is the published document, hence the names in snake_case. */
export interface LoopStatus {
  readonly mode: DatahubMode;
  readonly events: EventState;
  /** Why DataHub cannot be asked, or takes no reports; null if nothing is wrong, as far as is known. */
  readonly problem: string | null;
  /** Whether a token or a privilege is missing, which waiting does not mend. */
  readonly needs_attention: boolean;
  /** The offset of the events that DataHub has stored for this program. */
  readonly offset_id: string | null;
  /** When the newest event happened that was taken (RFC 3339), and how long ago that was. */
  readonly last_event_at: string | null;
  readonly lag_seconds: number | null;
  readonly last_sweep_at: string | null;
  /** How many tagged datasets the last sweep found. */
  readonly last_sweep_datasets: number | null;
  /** How many datasets wait for their turn, and how many have it. */
  readonly due: number;
  readonly running: number;
  /** How many have a turn later: to be tried again, or for old values that time clears. */
  readonly later: number;
  readonly waiting_for_approval: readonly string[];
  /** The columns that wait, why they are tagged, and what their values look like. */
  readonly waiting: readonly WaitingDataset[];
  readonly failed: readonly DatasetProblem[];
  readonly refused: readonly DatasetProblem[];
  /** Which of the replicas follows DataHub; null if none is known to. Absent if they share no history. */
  readonly leader?: string | null;
  /** Whether it is the one that was asked. */
  readonly is_leader?: boolean;
}

/** The parts of a loop. */
export interface LoopParts {
  readonly intake: EventIntake;
  readonly sweeper: Sweeper;
  readonly queue: DueQueue<Hint>;
  readonly state: LoopState;
  readonly problems: ReportProblems;
}

/** Collects how the parts are now. */
export function statusOf(
  mode: DatahubMode,
  { intake, sweeper, queue, state, problems }: LoopParts,
): LoopStatus {
  const failure = sweeper.failure ??
    (intake.state.kind === "failing" ? intake.state.error : undefined);
  const { lastEventTimeMs } = intake;
  const { last } = sweeper;
  const hasResponded = last !== undefined || intake.state.kind === "absent" ||
    intake.storedOffsetId !== undefined;
  const silence = hasResponded ? null : "Cannot ask DataHub: it has not responded yet";
  return {
    mode,
    events: intake.state.kind,
    problem: failure?.message ?? problems.message ?? silence,
    needs_attention: failure?.fault === "unauthorized" || failure?.fault === "forbidden",
    offset_id: intake.storedOffsetId ?? null,
    last_event_at: lastEventTimeMs === undefined ? null : new Date(lastEventTimeMs).toISOString(),
    lag_seconds: lastEventTimeMs === undefined
      ? null
      : Math.max(0, Math.round((Date.now() - lastEventTimeMs) / 1000)),
    last_sweep_at: last === undefined ? null : new Date(last.finishedAtMs).toISOString(),
    last_sweep_datasets: last?.datasets ?? null,
    due: queue.due,
    running: queue.running,
    later: queue.later,
    waiting_for_approval: state.waitingForApproval,
    waiting: state.waiting,
    failed: state.failed,
    refused: state.refused,
  };
}
