/** How far a run has come. */
import type { Run } from "../api/documents.ts";
import { count } from "../format.ts";

/** Per cent of a run's rows that are written; undefined before that is known. */
export function percentOf({ progress }: Run): number | undefined {
  if (progress === null) return undefined;
  return progress.total === 0 ? 100 : Math.min(100, progress.updated / progress.total * 100);
}

/** A bar. While nobody knows how far it is, it only says that there is something going on. */
export function ProgressBar({ run, label }: { run: Run; label: string }) {
  const percent = percentOf(run);
  const text = run.progress === null
    ? "not known yet"
    : `${count(run.progress.updated)} of ${count(run.progress.total)} rows`;
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
