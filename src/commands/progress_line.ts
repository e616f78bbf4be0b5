/** What the line of progress says, in as many characters as there are. */
import { duration, grouped } from "../counted.ts";
import type { RunProgress } from "../runs/run.ts";

const BAR_WIDTH = 30;
/** A rate over less than this says nothing about what is left, in seconds. */
const MEANINGFUL_AFTER_SECONDS = 2;
/** After so many seconds without news, nobody can tell how fast it goes. */
const STALE_AFTER_SECONDS = 10;
/** The most that is shown to be done of work that has not ended: the end is to be committed yet. */
const MOST_PERCENT = 99;

/** What is shown. */
export interface Shown {
  /** What is done, such as `tokenizing`. */
  readonly work: string;
  readonly elapsedSeconds: number;
  /** Undefined while nothing is known of it. */
  readonly progress: RunProgress | undefined;
  /** How old that is. */
  readonly ageSeconds: number;
  /** How many characters there are. */
  readonly width: number;
  /** Whether there is a bar. */
  readonly hasBar: boolean;
}

/**
 * `[######----] 40 %, 400,000 of 1,000,000 rows, 120,000 rows/s, 5 s left`, without what does not fit;
 * `about 40 %, …` if it is an estimate; or `tokenizing, 12 s so far`.
 */
export function progressLine({ width, ...shown }: Shown): string {
  return formsOf(shown).find((form) => form.length <= width) ?? "";
}

/** From the longest to the shortest. */
function formsOf({ work, hasBar, ...shown }: Omit<Shown, "width">): string[] {
  const { progress, elapsedSeconds } = shown;
  const elapsed = inWords(elapsedSeconds);
  if (progress === undefined) return [`${work}, ${elapsed} so far`, elapsed];
  const { updated, skipped = 0, total, estimated, throttled_by: reason } = progress;
  const done = Math.min(updated + skipped, total);
  const share = total === 0 ? 1 : done / total;
  const percent = `${estimated ? "about " : ""}${
    Math.min(MOST_PERCENT, Math.floor(100 * share))
  } %`;
  const rows = `, ${grouped(done)} of ${grouped(total)} ${total === 1 ? "row" : "rows"}`;
  const bar = (length: number) => {
    const filled = Math.min(Math.round(length * share), length - 1);
    return hasBar ? `[${"#".repeat(filled)}${"-".repeat(length - filled)}] ` : "";
  };
  const { perSecond, left } = paceOf(shown, progress);
  return [
    ...(reason === undefined ? [] : [[bar(BAR_WIDTH / 3), percent, rows, `, waits: ${reason}`]]),
    [bar(BAR_WIDTH), percent, rows, perSecond, left],
    [bar(BAR_WIDTH / 3), percent, rows, perSecond, left],
    [bar(BAR_WIDTH / 3), percent, rows, left],
    [percent, rows, left],
    [percent, left],
    [percent],
  ].map((parts) => parts.join(""));
}

/** How fast it goes and how long it takes, as far as that can be told; else how long it has taken. */
function paceOf(
  { elapsedSeconds, ageSeconds }: Pick<Shown, "elapsedSeconds" | "ageSeconds">,
  { rows_per_second: rate, seconds_left: left, estimated }: RunProgress,
): { readonly perSecond: string; readonly left: string } {
  const isKnown = left !== undefined && left > 0 && ageSeconds < STALE_AFTER_SECONDS;
  if (!isKnown) return { perSecond: "", left: `, ${inWords(elapsedSeconds)} so far` };
  return {
    perSecond: estimated ? "" : `, ${grouped(rate)} rows/s`,
    left: elapsedSeconds < MEANINGFUL_AFTER_SECONDS ? "" : `, ${inWords(left - ageSeconds)} left`,
  };
}

/** In whole seconds: tenths would only flicker. */
function inWords(seconds: number): string {
  return duration(1000 * Math.max(1, Math.round(seconds)));
}
