/** Traces as the rest of the program sees them: a span is started, and ended with what came of it. */
import type { Observe } from "../observations.ts";
import type { PhaseTime } from "../phases.ts";
import type { Operation } from "../run_options.ts";
import type { TraceContext } from "../trace_context.ts";

/** What is known of a run when it starts. */
export interface RunBeginning {
  readonly runId: string;
  readonly datasetUrn: string;
  readonly operation: Operation;
  readonly dryRun: boolean;
}

/** What came of it. Names of tables, codes and methods, and numbers; never a column's name, or a value. */
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

/** A span that is under way. */
export interface Trace<End> {
  /** What happens meanwhile is part of this. */
  readonly context: TraceContext;
  /** Ends the span. Never throws, and waits for nothing. */
  end(end: End): void;
}

/**
 * Where traces go. A span is part of the current trace, or a trace begins with it. None of the functions
 * throws: nothing that is traced fails for that.
 */
export interface Traces {
  /** Starts the span of a run; each phase becomes a span within it. Undefined if it cannot. */
  startRun(beginning: RunBeginning): Promise<Trace<RunEnd> | undefined>;
  /** Starts the span of dealing with a dataset that is tagged in DataHub; it ends with what came of it. */
  startReconciliation(datasetUrn: string): Promise<Trace<string> | undefined>;
  /** Sends what is left, for some seconds at most. */
  close(): Promise<void>;
}

/** Who learns of what becomes of them. */
export interface TraceObservers {
  readonly observe: Observe;
  /** Called with the number of spans that were lost. */
  readonly onLost: (spans: number) => void;
}
