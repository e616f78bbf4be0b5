/** Traces as the action sees them: it starts one span for a run, and ends it with what came of it. */
import type { PhaseTime } from "../phases.ts";
import type { TraceContext } from "../trace_context.ts";

/** What is known of a run when it starts. */
export interface RunBeginning {
  readonly runId: string;
  readonly datasetUrn: string;
  readonly dryRun: boolean;
  /** Who asked for the run; undefined if a trace begins with it. */
  readonly parent: TraceContext | undefined;
}

/** What came of it. Names of codes and methods, and numbers; never a name of a column, or a value. */
export interface RunEnd {
  /** The error's code; undefined if the run succeeded. */
  readonly code?: string;
  readonly platform?: string;
  readonly table?: string;
  readonly method?: string | undefined;
  readonly updated?: number;
  readonly skipped?: number;
  readonly foreign?: number;
  readonly phases: readonly PhaseTime[];
}

/** The span of one run. */
export interface RunTrace {
  /** What happens during the run is part of this. */
  readonly context: TraceContext;
  /** Ends the span; each phase is a span within it. Never throws, and waits for nothing. */
  end(end: RunEnd): void;
}

/** Where runs are traced to. */
export interface RunTraces {
  /** Starts the span of a run. Undefined if it cannot, which is logged: a run never fails for that. */
  start(beginning: RunBeginning): Promise<RunTrace | undefined>;
  /** Sends what is left to be sent. Never throws. */
  close(): Promise<void>;
}
