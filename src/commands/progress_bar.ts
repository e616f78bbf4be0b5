/** Progress on standard error, for work longer than a second on a terminal. */
import type { Progress } from "../platforms/platform.ts";
import { showStatus, terminalWidth } from "../standard_streams.ts";
import { progressLine } from "./progress_line.ts";

const SHOW_AFTER_MS = 1000;
const REDRAW_MS = 200;
/** Longer lines are hard to read, and are broken when the terminal becomes narrower. */
const MAX_WIDTH = 79;

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
  let isCleared = false;
  let progress: Progress | undefined;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedMs;
    // a timer that is due already may fire although it was cleared
    if (isCleared || elapsedMs < SHOW_AFTER_MS) return;
    const width = Math.min(MAX_WIDTH, terminalWidth() - 1); // the last column may begin a new line
    showStatus(progressLine({ work, elapsedSeconds: elapsedMs / 1000, progress, width }));
  }, REDRAW_MS);
  return {
    show(made) {
      progress = made;
    },
    clear() {
      clearInterval(timer);
      isCleared = true;
      showStatus("");
    },
  };
}
