/** How far a run has come. */
import type { Run, RunProgress } from "../api/documents.ts";
import { count } from "../format.ts";

/** The most that a run that has not ended is shown to have done: the end is to be committed yet. */
const MOST_PERCENT = 99;

/** Per cent of a run's rows with nothing left to write; undefined before that is known. */
function percentOf({ progress, state }: Run): number | undefined {
  if (progress === null) return undefined;
  const { updated, skipped = 0, total } = progress;
  const percent = total === 0 ? 100 : (updated + skipped) / total * 100;
  return Math.min(state === "running" ? MOST_PERCENT : 100, percent);
}

/** `about 40 %`; undefined before that is known. */
export function percentText(run: Run): string | undefined {
  const percent = percentOf(run);
  if (percent === undefined) return undefined;
  return `${run.progress?.estimated ? "about " : ""}${Math.floor(percent)} %`;
}

/** `400 of 1,000 rows`, those with nothing to write included. */
export function rowsText({ updated, skipped = 0, total, estimated }: RunProgress): string {
  return `${estimated ? "about " : ""}${count(updated + skipped)} of ${count(total)} rows`;
}

/** A bar. While nobody knows how far it is, it only says that there is something going on. */
export function ProgressBar({ run, label }: { run: Run; label: string }) {
  const percent = percentOf(run);
  const text = run.progress === null ? "not known yet" : rowsText(run.progress);
  return (
    <div
      class={`bar${percent === undefined ? " unknown" : ""}${
        run.throttle?.paused ? " paused" : ""
      }`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent !== undefined && { "aria-valuenow": Math.floor(percent) })}
      aria-valuetext={text}
    >
      <div class="fill" style={{ width: `${percent ?? 30}%` }} />
    </div>
  );
}
