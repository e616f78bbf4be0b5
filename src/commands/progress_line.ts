/** What the line of progress says, in as many characters as the terminal has. */
import { grouped } from "../counted.ts";
import type { Progress } from "../platforms/platform.ts";

const BAR_WIDTH = 30;
/** A rate over less than this says nothing about what is left, in seconds. */
const MEANINGFUL_AFTER_SECONDS = 2;

/** What is shown. */
export interface Shown {
  /** What is done, such as `tokenizing`. */
  readonly work: string;
  readonly elapsedSeconds: number;
  /** Undefined while nothing is known of it. */
  readonly progress: Progress | undefined;
  /** How many characters there are. */
  readonly width: number;
}

/**
 * `[######----] 40 %, 400,000 of 1,000,000 rows, 120,000 rows/s, 5 s left`, without what does not fit; or
 * `tokenizing, 12 s so far`.
 */
export function progressLine({ work, elapsedSeconds, progress, width }: Shown): string {
  if (progress === undefined) {
    return [`${work}, ${duration(elapsedSeconds)} so far`, duration(elapsedSeconds)]
      .find((form) => form.length <= width) ?? "";
  }
  const { updated, total } = progress;
  const share = total === 0 ? 1 : Math.min(1, updated / total);
  const percent = `${Math.floor(100 * share)} %`;
  const rate = updated / Math.max(elapsedSeconds, 0.001);
  const left = elapsedSeconds < MEANINGFUL_AFTER_SECONDS || rate === 0
    ? ""
    : `, ${duration(Math.max(0, total - updated) / rate)} left`;
  const rows = `, ${grouped(updated)} of ${grouped(total)} ${total === 1 ? "row" : "rows"}`;
  const bar = (length: number) => {
    const done = Math.round(length * share);
    return `[${"#".repeat(done)}${"-".repeat(length - done)}] `;
  };
  const perSecond = `, ${grouped(Math.round(rate))} rows/s`;
  const forms = [
    [bar(BAR_WIDTH), percent, rows, perSecond, left],
    [bar(BAR_WIDTH / 3), percent, rows, perSecond, left],
    [bar(BAR_WIDTH / 3), percent, rows, left],
    [percent, rows, left],
    [percent, left],
    [percent],
  ].map((parts) => parts.join(""));
  return forms.find((form) => form.length <= width) ?? "";
}

/** `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
