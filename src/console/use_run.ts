/** One run, as it goes: by the stream of its events, and by asking again while there is no stream. */
import { useEffect, useState } from "preact/hooks";
import { ApiProblem, call, send, Unreachable } from "./api/client.ts";
import type { Problem, Run, RunProgress } from "./api/documents.ts";
import { readEvents } from "./api/event_stream.ts";
import type { Sample } from "./parts/rate_chart.tsx";

/** What is known of a run. */
export interface FollowedRun {
  readonly run: Run | undefined;
  readonly problem: Problem | undefined;
  /** The rates since the page began to follow it. */
  readonly samples: readonly Sample[];
}

/** The most samples: an hour of them. */
const MAX_SAMPLES = 3600;
/** The pauses before the stream is asked for again. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 5000;

/** Whether a run has ended. */
export function hasEnded({ state }: Run): boolean {
  return state !== "queued" && state !== "running";
}

/** Follows a run until the component is gone, or the run has ended. */
export function useRun(runId: string): FollowedRun {
  const [known, setKnown] = useState<FollowedRun & { runId: string }>({ runId, ...NOTHING });
  useEffect(() => {
    const stop = new AbortController();
    let samples: readonly Sample[] = [];
    const show = (run: Run) => {
      samples = withSample(samples, run);
      setKnown({ runId, run, problem: undefined, samples });
    };
    const refuse = (problem: Problem) => setKnown({ runId, run: undefined, problem, samples });
    void follow(runId, { signal: stop.signal, show, refuse });
    return () => stop.abort();
  }, [runId]);
  return known.runId === runId ? known : NOTHING;
}

const NOTHING: FollowedRun = { run: undefined, problem: undefined, samples: [] };

interface Follower {
  readonly signal: AbortSignal;
  readonly show: (run: Run) => void;
  readonly refuse: (problem: Problem) => void;
}

async function follow(runId: string, { signal, show, refuse }: Follower): Promise<void> {
  const path = `/runs/${encodeURIComponent(runId)}`;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      const run = await call<Run>(path, { signal });
      show(run);
      if (hasEnded(run)) return;
      const hadEvents = await followEvents(`${path}/events`, run, { signal, show });
      pauseMs = hadEvents ? FIRST_PAUSE_MS : Math.min(MAX_PAUSE_MS, pauseMs * 2);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem && error.problem.status !== 503) {
        return refuse(error.problem);
      }
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Shows what the events say until the stream ends or breaks. Whether there was any. */
async function followEvents(
  path: string,
  first: Run,
  { signal, show }: Pick<Follower, "signal" | "show">,
): Promise<boolean> {
  let run = first;
  let hadEvents = false;
  try {
    const response = await send(path, { signal, headers: { accept: "text/event-stream" } });
    if (response.body === null) return false;
    for await (const { type, data } of readEvents(response.body)) {
      if (type === "state") run = JSON.parse(data) as Run;
      else if (type === "progress") run = { ...run, progress: JSON.parse(data) as RunProgress };
      else continue;
      show(run);
      hadEvents = true;
    }
  } catch (error) {
    if (signal.aborted || error instanceof Unreachable) throw error;
    // a stream that breaks, or that a proxy refuses: the run is asked for instead
  }
  return hadEvents;
}

/** One sample a second at most: the newest replaces one of the same second. */
function withSample(samples: readonly Sample[], run: Run): readonly Sample[] {
  if (run.progress === null || run.state !== "running") return samples;
  const rowsPerSecond = run.throttle?.paused ? 0 : run.progress.rows_per_second;
  const sample = { atMs: Date.now(), rowsPerSecond };
  const last = samples.at(-1);
  const isSameSecond = last !== undefined && samples.length > 1 &&
    Math.floor(last.atMs / 1000) === Math.floor(sample.atMs / 1000);
  return [...(isSameSecond ? samples.slice(0, -1) : samples).slice(-MAX_SAMPLES), sample];
}
