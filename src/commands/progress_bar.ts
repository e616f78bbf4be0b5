/** A progress bar on standard error, for work longer than a second on a terminal. */
import type { Progress } from "../platforms/platform.ts";
import { writeError } from "../standard_streams.ts";

const SHOW_AFTER_MS = 1000;
const REDRAW_MS = 200;
const WIDTH = 30;

/**
 * The bar of one run. It draws nothing unless it is wanted and standard error is a terminal. Work that the database does
 * in one statement reports no progress; the bar then shows how long it has been running.
 */
export function progressBar(
  isWanted: boolean,
  work = "tokenizing",
): { show: (progress: Progress) => void; clear: () => void } {
  if (!isWanted || !Deno.stderr.isTerminal()) return { show: () => {}, clear: () => {} };
  const startedMs = performance.now();
  let drawn = false;
  let cleared = false;
  let last: Progress | undefined;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedMs;
    // a timer that is due already may fire although it was cleared
    if (cleared || elapsedMs < SHOW_AFTER_MS) return;
    drawn = true;
    writeError(`\r\x1b[K${drawing(last, elapsedMs / 1000, work)}`);
  }, REDRAW_MS);
  return {
    show(progress) {
      last = progress;
    },
    clear() {
      clearInterval(timer);
      cleared = true;
      if (drawn) writeError("\r\x1b[K");
    },
  };
}

/** `[######----] 400,000 of 1,000,000 rows, 120,000 rows/s`, or `tokenizing, 12 s so far`. */
export function drawing(
  progress: Progress | undefined,
  elapsedSeconds: number,
  work = "tokenizing",
): string {
  if (progress === undefined) return `${work}, ${Math.floor(elapsedSeconds)} s so far`;
  const { updated, total } = progress;
  const done = total === 0 ? WIDTH : Math.round(WIDTH * Math.min(1, updated / total));
  const rate = Math.round(updated / Math.max(elapsedSeconds, 0.001));
  const bar = "#".repeat(done) + "-".repeat(WIDTH - done);
  return `[${bar}] ${grouped(updated)} of ${grouped(total)} ${total === 1 ? "row" : "rows"}, ${
    grouped(rate)
  } rows/s`;
}

function grouped(number: number): string {
  return number.toLocaleString("en-US");
}
