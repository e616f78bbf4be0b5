/** How far a run has come, and how fast it goes. */
import type { Run } from "../api/documents.ts";
import { count, duration } from "../format.ts";
import { Fact } from "../parts/fact.tsx";
import { percentText, ProgressBar, rowsText } from "../parts/progress_bar.tsx";
import { RateChart, type Sample } from "../parts/rate_chart.tsx";
import { hasEnded } from "../use_run.ts";

/** Progress, rate and time left of a run that has not ended. A paused one moves nowhere. */
export function ProgressCard({ run }: { run: Run }) {
  const { progress } = run;
  const moving = run.throttle?.paused ? null : progress;
  return (
    <section class="card" aria-label="Progress">
      <div class="progress-head">
        <span class="big">{percentText(run) ?? "–"}</span>
        <span class="fine">
          {progress === null
            ? run.state === "queued" ? "waiting for its turn" : "looking up the table"
            : rowsText(progress)}
        </span>
      </div>
      <ProgressBar run={run} label="Progress of this run" />
      <dl class="facts inline">
        <Fact name="Rate">
          {moving === null ? "–" : `${count(moving.rows_per_second)} rows/s`}
        </Fact>
        <Fact name="Time left">
          {moving?.seconds_left === undefined ? "–" : duration(moving.seconds_left * 1000)}
        </Fact>
        {limitOf(run) !== undefined && <Fact name="Limit">{limitOf(run)}</Fact>}
        {moving?.throttled_by && <Fact name="Waits for">{moving.throttled_by}</Fact>}
      </dl>
    </section>
  );
}

/** The limit that somebody set. */
function limitOf({ throttle }: Run): string | undefined {
  const rate = throttle?.rows_per_second ?? null;
  return rate === null ? undefined : `${count(rate)} rows/s`;
}

/** The rate over time. */
export function RateCard({ run, samples }: { run: Run; samples: readonly Sample[] }) {
  return (
    <section class="card">
      <h2>Rows a second</h2>
      <RateChart samples={samples} hasEnded={hasEnded(run)} />
    </section>
  );
}
