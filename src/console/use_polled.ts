/** Reads something from the API again and again, while the page is shown. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, Unreachable } from "./api/client.ts";
import type { Problem } from "./api/documents.ts";

/** What is known. */
export interface Polled<T> {
  /** Undefined before the first response. It stays while the server is away. */
  readonly value: T | undefined;
  /** What the newest response was instead. */
  readonly problem: Problem | undefined;
  /** Reads it now. */
  readonly refresh: () => void;
}

/** How it is read. */
export interface PollOptions<T> {
  readonly load: (signal: AbortSignal) => Promise<T>;
  /** How long to wait after a response. */
  readonly pauseMs: (value: T | undefined) => number;
  /** What is read: another value forgets what was known. */
  readonly key: string;
}

/** The longest pause while the server is away. */
const MAX_RETRY_MS = 5000;

/** Polls until the component is gone. A page that is hidden asks for nothing. */
export function usePolled<T>({ load, pauseMs, key }: PollOptions<T>): Polled<T> {
  const [known, setKnown] = useState<{ key: string; value?: T; problem?: Problem }>({ key });
  const latest = useRef({ load, pauseMs });
  latest.current = { load, pauseMs };
  const wake = useRef(() => {});
  const refresh = useCallback(() => wake.current(), []);

  useEffect(() => {
    const stop = new AbortController();
    void pollUntil(stop.signal, {
      load: (signal) => latest.current.load(signal),
      pauseMs: (value) => latest.current.pauseMs(value),
      show: (state) => setKnown({ key, ...state }),
      onWake: (wakeUp) => wake.current = wakeUp,
    });
    return () => stop.abort();
  }, [key]);

  const { value, problem } = known.key === key ? known : {};
  return { value, problem, refresh };
}

interface PollSteps<T> {
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly pauseMs: (value: T | undefined) => number;
  readonly show: (state: { value?: T; problem?: Problem }) => void;
  readonly onWake: (wakeUp: () => void) => void;
}

async function pollUntil<T>(stop: AbortSignal, steps: PollSteps<T>): Promise<void> {
  let value: T | undefined;
  let failures = 0;
  while (!stop.aborted) {
    try {
      value = await steps.load(stop);
      failures = 0;
      if (!stop.aborted) steps.show({ value });
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof ApiProblem) steps.show({ problem: error.problem });
      else if (!(error instanceof Unreachable)) throw error;
      failures++;
    }
    const retryMs = Math.min(MAX_RETRY_MS, 500 * 2 ** failures);
    await pause(failures > 0 ? retryMs : steps.pauseMs(value), stop, steps.onWake);
  }
}

/** Waits, and as long as the page is hidden. Ends early when it is woken, or shown again. */
function pause(ms: number, stop: AbortSignal, onWake: (wakeUp: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false;
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", check);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const check = () => {
      if (isOver && !document.hidden) end();
    };
    const timer = setTimeout(() => {
      isOver = true;
      check();
    }, ms);
    document.addEventListener("visibilitychange", check);
    stop.addEventListener("abort", end);
    onWake(end);
  });
}
