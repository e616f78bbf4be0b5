/**
 * Follows DataHub's events: each one about a wanted label marks its dataset as due. Events are hints to
 * read again, so a lost one delays a dataset until the next sweep, and a repeated one does no harm.
 */
import { delay } from "../../async.ts";
import type { Observe } from "../../observations.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import type { OffsetStore } from "../gms/offset_store.ts";
import { type Polled, pollEvents } from "../gms/poll_events.ts";
import type { PollSettings } from "../settings.ts";
import { type ChangeEvent, readChangeEvent } from "./hint.ts";
import type { SweepReason } from "./sweeper.ts";
import { OffsetTracker } from "./offset_tracker.ts";
import { pauseAfterMs } from "./patience.ts";

/** What the intake works with. */
export interface EventIntakeDependencies {
  readonly gms: Gms;
  readonly offsets: OffsetStore;
  readonly poll: PollSettings;
  /** How long to wait before a server without the Events API is asked for it again. */
  readonly absentPauseMs: number;
  /** Marks the event's dataset as due; resolves when it was dealt with. Ignores what is not wanted. */
  readonly take: (event: ChangeEvent) => Promise<void>;
  readonly requestSweep: (reason: SweepReason) => void;
  readonly observe: Observe;
}

/** A pause of polling after which events may have been lost. */
const LONG_OUTAGE_MS = 3_600_000;
/** After so many failures of the server in a row, the offset may be what it fails of. */
const SUSPICIOUS_FAILURES = 5;

type Events = Extract<Polled, { kind: "events" }>;

/** How polling is: as usual, failing, or not possible since the server has no Events API. */
export type IntakeState =
  | { readonly kind: "polling" | "absent" }
  | { readonly kind: "failing"; readonly error: GmsError; readonly times: number };

/** Polls until a signal ends it. */
export class EventIntake {
  readonly #deps: EventIntakeDependencies;
  readonly #began = Promise.withResolvers<void>();
  #state: IntakeState = { kind: "polling" };
  /** Undefined until it is known where polling begins. */
  #tracker: OffsetTracker | undefined;
  #offsetId: string | undefined;
  #lastPolledMs = Date.now();
  #lastEventTimeMs: number | undefined;

  constructor(deps: EventIntakeDependencies) {
    this.#deps = deps;
  }

  /** Resolves when it is known where polling begins, or that this cannot be found out now. */
  get began(): Promise<void> {
    return this.#began.promise;
  }

  /** How polling is, as far as is known. */
  get state(): IntakeState {
    return this.#state;
  }

  /** The time of the newest event that was read, in milliseconds since 1970. */
  get lastEventTimeMs(): number | undefined {
    return this.#lastEventTimeMs;
  }

  /** The offset that DataHub has stored, as far as is known. */
  get storedOffsetId(): string | undefined {
    return this.#tracker?.storedOffsetId;
  }

  /** Polls until `signal` is aborted. Never throws what DataHub causes. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const pauseMs = await this.#step(signal).catch((error) => this.#failed(error));
        this.#began.resolve();
        if (pauseMs > 0) await delay(pauseMs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  /** Stores how far everything is dealt with, unless that is stored already. */
  async flush(): Promise<void> {
    await this.#tracker?.flush();
  }

  /** Finds out where to begin, or polls once. Returns how long to pause. */
  async #step(signal: AbortSignal): Promise<number> {
    if (this.#tracker === undefined) return await this.#begin(signal);
    const { poll } = this.#deps;
    const suspectsOffset = this.#state.kind === "failing" &&
      this.#state.error.fault === "server_error" && this.#state.times % SUSPICIOUS_FAILURES === 0;
    if (suspectsOffset) return await this.#beginAgain(signal);
    const polled = await this.#poll(this.#offsetId, poll.limit, poll.timeoutMs, signal);
    if (polled.kind === "absent") return this.#absent();
    if (polled.kind === "offset_refused") return await this.#beginAgain(signal);
    this.#succeeded();
    this.#takeAll(polled);
    return polled.count >= poll.limit ? 0 : jittered(poll.pauseMs);
  }

  /** Goes on where the last program stopped, or begins at the end: then a sweep finds what was before. */
  async #begin(signal: AbortSignal): Promise<number> {
    const isLate = this.#state.kind === "failing";
    const stored = await this.#deps.offsets.load(signal);
    if (stored === undefined) return await this.#anchor(signal, isLate ? "recovered" : undefined);
    this.#goOnFrom(stored.offsetId);
    if (isLate) this.#deps.requestSweep("recovered");
    return 0;
  }

  /** The offset is lost: begins at the end, if the server responds to that. */
  async #beginAgain(signal: AbortSignal): Promise<number> {
    const pauseMs = await this.#anchor(signal, "offset_refused");
    this.#deps.observe({ event: "datahub_offset_refused" });
    return pauseMs;
  }

  /** Begins at the end, and stores where that is before a sweep finds what was before. */
  async #anchor(signal: AbortSignal, reason: SweepReason | undefined): Promise<number> {
    const polled = await this.#poll(undefined, 1, 1000, signal);
    if (polled.kind !== "events") return this.#absent();
    await this.#deps.offsets.store(polled.offsetId);
    this.#goOnFrom(polled.offsetId);
    if (reason !== undefined) this.#deps.requestSweep(reason);
    this.#succeeded();
    this.#takeAll(polled);
    return 0;
  }

  #goOnFrom(offsetId: string): void {
    this.#offsetId = offsetId;
    this.#tracker = new OffsetTracker(offsetId, (each) => this.#store(each));
  }

  async #store(offsetId: string): Promise<void> {
    try {
      await this.#deps.offsets.store(offsetId);
    } catch (error) {
      if (!(error instanceof GmsError)) throw error;
      this.#deps.observe({ event: "datahub_offset_not_stored", reason: error.reason });
      throw error;
    }
  }

  #poll(offsetId: string | undefined, limit: number, timeoutMs: number, signal: AbortSignal) {
    const waitSeconds = Math.max(1, Math.round(timeoutMs / 1000));
    return pollEvents(this.#deps.gms, { offsetId, limit, waitSeconds, signal });
  }

  #takeAll({ offsetId, payloads, unreadable }: Events): void {
    const events = payloads.map(readChangeEvent);
    const malformed = unreadable + events.filter((each) => each === "malformed").length;
    if (malformed > 0) this.#deps.observe({ event: "datahub_events_unreadable", count: malformed });
    const taken = events.flatMap((event) => {
      if (event === undefined || event === "malformed") return [];
      this.#lastEventTimeMs = Math.max(this.#lastEventTimeMs ?? 0, event.timeMs ?? 0);
      return [this.#deps.take(event)];
    });
    this.#offsetId = offsetId;
    this.#tracker?.add(offsetId, Promise.all(taken));
  }

  #succeeded(): void {
    if (this.#state.kind !== "polling") this.#deps.observe({ event: "datahub_recovered" });
    if (Date.now() - this.#lastPolledMs > LONG_OUTAGE_MS) this.#deps.requestSweep("recovered");
    this.#lastPolledMs = Date.now();
    this.#state = { kind: "polling" };
  }

  /** Sweeps alone have to do. Returns how long to pause. */
  #absent(): number {
    if (this.#state.kind !== "absent") this.#deps.observe({ event: "datahub_events_absent" });
    this.#state = { kind: "absent" };
    return this.#deps.absentPauseMs;
  }

  /** Says what is new about a failure. Returns how long to pause. */
  #failed(error: unknown): number {
    if (!(error instanceof GmsError)) throw error;
    const before = this.#state.kind === "failing" ? this.#state : undefined;
    const times = (before?.times ?? 0) + 1;
    this.#state = { kind: "failing", error, times };
    const { fault, reason } = error;
    if (before?.error.reason !== reason) {
      this.#deps.observe({ event: "datahub_unavailable", fault, reason });
    }
    return pauseAfterMs(error, times);
  }
}

/** By up to a quarter less at random, so that clients do not poll in step. */
function jittered(durationMs: number): number {
  return durationMs * (0.75 + Math.random() / 4);
}
