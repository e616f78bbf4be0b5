/**
 * Progress on standard error: a line that is drawn again and again on a terminal; where that cannot be, a line
 * now and then for work that takes long.
 */
import type { Config } from "../config.ts";
import type { Observe } from "../observations.ts";
import type { RunProgress } from "../runs/run.ts";
import { canRedraw, showStatus, terminalWidth } from "../standard_streams.ts";
import { printError } from "./output.ts";
import { progressLine, type Shown } from "./progress_line.ts";

const SHOW_AFTER_MS = 1000;
const REDRAW_MS = 200;
/** Longer lines are hard to read, and are broken when the terminal becomes narrower. */
const MAX_WIDTH = 79;
/** How often there is a line in the first minute; later there is one a minute. */
const LINE_INTERVAL_MS = 10_000;
const LINES_A_MINUTE = 6;

/** How it is shown. */
export interface ProgressOptions {
  /** Whether there is a line that is drawn again and again, if the terminal can. */
  readonly isDrawn: boolean;
  /** Where lines go if the log is for programs, or no person is there; absent if there is no log. */
  readonly log?: ProgressLog;
}

/** The log of the run whose progress is shown. */
export interface ProgressLog extends Pick<Config["log"], "format"> {
  readonly runId: string;
  readonly observe: Observe;
}

/** Where progress is shown: to be cleared once the work has ended. */
export interface ProgressDisplay {
  readonly show: (progress: RunProgress) => void;
  readonly clear: () => void;
}

/**
 * Begins to show the progress of `work`, such as `tokenizing`, that begins now. Work without news shows how
 * long it takes.
 */
export function displayProgress(
  work: string,
  { isDrawn, log }: ProgressOptions,
): ProgressDisplay {
  if (canRedraw()) return isDrawn ? drawn(work) : { show: () => {}, clear: () => {} };
  const isLogged = log?.format === "json" || !Deno.stderr.isTerminal();
  return spoken(work, isLogged ? log : undefined);
}

function drawn(work: string): ProgressDisplay {
  const seen = new Seen(work);
  return every(REDRAW_MS, seen, () => {
    if (seen.elapsedMs < SHOW_AFTER_MS) return;
    const width = Math.min(MAX_WIDTH, terminalWidth() - 1); // the last column may begin a new line
    showStatus(progressLine({ ...seen.shown, width, hasBar: true }));
  }, () => showStatus(""));
}

function spoken(work: string, log: ProgressLog | undefined): ProgressDisplay {
  const seen = new Seen(work);
  let ticks = 0;
  return every(LINE_INTERVAL_MS, seen, () => {
    ticks++;
    if (ticks > LINES_A_MINUTE && ticks % LINES_A_MINUTE > 0) return;
    const { shown } = seen;
    const progress = progressLine({ ...shown, width: Infinity, hasBar: false });
    if (log === undefined) return printError(progress);
    const { updated, skipped, total, seconds_left: secondsLeft } = shown.progress ?? {};
    const elapsedMs = Math.round(seen.elapsedMs);
    log.observe({
      event: "run_progress",
      runId: log.runId,
      progress,
      updated,
      skipped,
      total,
      secondsLeft,
      elapsedMs,
    });
  });
}

function every(
  intervalMs: number,
  seen: Seen,
  draw: () => void,
  erase: () => void = () => {},
): ProgressDisplay {
  let isCleared = false;
  // a timer that is due already may fire although it was cleared
  const timer = setInterval(() => isCleared || draw(), intervalMs);
  return {
    show: (progress) => seen.note(progress),
    clear() {
      clearInterval(timer);
      isCleared = true;
      erase();
    },
  };
}

/** What was heard last. */
class Seen {
  readonly #work: string;
  readonly #startedMs = performance.now();
  #progress: RunProgress | undefined;
  #notedMs = 0;

  constructor(work: string) {
    this.#work = work;
  }

  note(progress: RunProgress): void {
    this.#progress = progress;
    this.#notedMs = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  get shown(): Omit<Shown, "width" | "hasBar"> {
    return {
      work: this.#work,
      progress: this.#progress,
      elapsedSeconds: this.elapsedMs / 1000,
      ageSeconds: (performance.now() - this.#notedMs) / 1000,
    };
  }
}
