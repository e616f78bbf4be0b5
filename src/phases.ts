/** Where the time of a run goes: its phases, and a clock for steps that overlap. */

/**
 * The phases of a run: finding and checking the table (and waiting for a place and a connection), waiting
 * for rows, making tokens, writing them, waiting for COMMIT, and what is left of the old values.
 */
export const PHASES = ["look-up", "read", "tokenize", "write", "commit", "residue"] as const;
/** A phase of a run. */
export type Phase = (typeof PHASES)[number];

/** When a run was in a phase. Phases overlap: while one batch is written, the next is tokenized. */
export interface PhaseTime {
  readonly phase: Phase;
  /** The begin of its first step and the end of its last one, in milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** How long at least one of its steps was under way, in milliseconds. */
  readonly busyMs: number;
  /** How many steps it had: batches, statements or calls. */
  readonly steps: number;
}

/** Takes what is measured while a run is under way. To be called often, so it has to be cheap. */
export interface Meter {
  /** A run on that dataset was in that phase for `ms` milliseconds more. */
  busy(datasetUrn: string, phase: Phase, ms: number): void;
  /** A run on that dataset waited for a place on its database for `ms` milliseconds. */
  waited(datasetUrn: string, ms: number): void;
  /** A call of the token SDK took `ms` milliseconds. */
  sdkCalled(ms: number, failed: boolean): void;
}

interface Entry {
  startedMs: number;
  endedMs: number;
  busyMs: number;
  steps: number;
  underWay: number;
  /** Until when `busyMs` counts. */
  countedMs: number;
}

/** Measures the phases of one run. The memory that it takes does not grow with the run. */
export class PhaseClock {
  readonly #entries = new Map<Phase, Entry>();
  /** When `performance.now()` was 0, in milliseconds since 1970: the system's clock may be set meanwhile. */
  readonly #zeroMs = Date.now() - performance.now();
  readonly #onBusy: ((phase: Phase, ms: number) => void) | undefined;

  /** `onBusy` gets each phase's time as it passes, in milliseconds. */
  constructor(onBusy?: (phase: Phase, ms: number) => void) {
    this.#onBusy = onBusy;
  }

  /** Begins a step. The function returned ends it; called again, it does nothing. */
  start(phase: Phase): () => void {
    const nowMs = performance.now();
    const entry = this.#entryOf(phase, nowMs);
    this.#count(phase, entry, nowMs);
    entry.underWay++;
    entry.steps++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const endedMs = performance.now();
      this.#count(phase, entry, endedMs);
      entry.underWay--;
      entry.endedMs = endedMs;
    };
  }

  /** Does `work` as a step. Throws what it throws. */
  async time<T>(phase: Phase, work: () => T | Promise<T>): Promise<T> {
    const end = this.start(phase);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** The items, where waiting for each is a step. */
  async *each<T>(phase: Phase, items: AsyncIterable<T>): AsyncGenerator<T, void> {
    const iterator = items[Symbol.asyncIterator]();
    let isDone = false;
    try {
      while (true) {
        const next = await this.time(phase, () => iterator.next());
        isDone = next.done === true;
        if (next.done) return;
        yield next.value;
      }
    } finally {
      if (!isDone) await iterator.return?.();
    }
  }

  /** The phases that there were, in the order of `PHASES`. */
  get times(): readonly PhaseTime[] {
    return PHASES.flatMap((phase) => {
      const entry = this.#entries.get(phase);
      if (entry === undefined) return [];
      const { startedMs, endedMs, busyMs, steps } = entry;
      return [{
        phase,
        startedAtMs: toMicroseconds(this.#zeroMs + startedMs),
        endedAtMs: toMicroseconds(this.#zeroMs + endedMs),
        busyMs: toMicroseconds(busyMs),
        steps,
      }];
    });
  }

  #entryOf(phase: Phase, nowMs: number): Entry {
    const known = this.#entries.get(phase);
    if (known !== undefined) return known;
    const entry = {
      startedMs: nowMs,
      endedMs: nowMs,
      busyMs: 0,
      steps: 0,
      underWay: 0,
      countedMs: nowMs,
    };
    this.#entries.set(phase, entry);
    return entry;
  }

  #count(phase: Phase, entry: Entry, nowMs: number): void {
    const ms = entry.underWay === 0 ? 0 : nowMs - entry.countedMs;
    entry.countedMs = nowMs;
    entry.busyMs += ms;
    if (ms > 0) this.#onBusy?.(phase, ms);
  }
}

/** Milliseconds, rounded to whole microseconds. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
