/**
 * The stream of what becomes of a run: `state` events with the whole run, and `progress` events with how far
 * it has come. An event's id is the revision of the run, so a stream goes on where another one broke off. A
 * caller who reads slowly gets fewer events, each with what is true by then.
 *
 * Source: WHATWG HTML, "Server-sent events"; a 204 keeps a browser from connecting again.
 */
import { isFinal, type Run } from "../runs/run.ts";
import type { RunFollower } from "../runs/run_follower.ts";
import type { StoredRun } from "../runs/run_store.ts";

/** How soon a client should connect again when the stream breaks off. */
const RETRY_MS = 2000;

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no", // nginx would hold events back
};

/** The revision that a `Last-Event-ID` names; 0 for none. */
export function parseLastEventId(header: string | undefined): number {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : 0;
}

/** The response that follows the run, after the revision that the caller has. */
export function followRun(follower: RunFollower, stored: StoredRun, after: number): Response {
  const { run: { run_id: runId, state }, revision } = stored;
  if (isFinal(state) && revision <= after) return new Response(null, { status: 204 });
  let last = after;
  let shown: Run | undefined;
  let isFirst = true;
  const nextText = async (): Promise<string | undefined> => {
    if (isFirst) {
      isFirst = false;
      return `retry: ${RETRY_MS}\n\n`; // sent at once: the caller knows that the stream is there
    }
    const followed = await follower.next(runId, last);
    if (followed === "end") return undefined;
    if (followed === "beat") return ":\n\n";
    const text = eventOf(followed, shown);
    ({ revision: last, run: shown } = followed);
    return text;
  };
  const encoder = new TextEncoder();
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const text = await nextText();
      if (isCancelled) return;
      if (text === undefined) controller.close();
      else controller.enqueue(encoder.encode(text));
    },
    cancel() {
      isCancelled = true;
    },
  }, { highWaterMark: 0 });
  return new Response(stream, { headers: HEADERS });
}

function eventOf({ run, revision }: StoredRun, shown: Run | undefined): string {
  const isProgress = shown !== undefined && sameButProgress(run, shown);
  const [event, data] = isProgress
    ? ["progress", { run_id: run.run_id, ...run.progress }]
    : ["state", run];
  return `id: ${revision}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function sameButProgress(a: Run, b: Run): boolean {
  return JSON.stringify({ ...a, progress: null }) === JSON.stringify({ ...b, progress: null });
}
