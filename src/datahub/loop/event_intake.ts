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
/** After so many failures of the server in a row, the offset is suspected. */
const SUSPICIOUS_FAILURES = 5;

type Events = Extract<Polled, { kind: "events" }>;

/** Polls until a signal ends it. */
export class EventIntake {
  readonly #deps: EventIntakeDependencies;
  readonly #began = Promise.withResolvers<void>();
  #tracker: OffsetTracker | undefined;
  #offsetId: string | undefined;
  #failures = 0;
  #lastPolledMs = Date.now();
  #failure: GmsError | undefined;
  #lastEventTimeMs: number | undefined;

  constructor(deps: EventIntakeDependencies) {
    this.#deps = deps;
  }

  /** Resolves when it is known where polling begins, or that this cannot be found out now. */
  get began(): Promise<void> {
    return this.#began.promise;
  }

  /** Why events cannot be polled at present; undefined if they can, as far as is known. */
  get failure(): GmsError | undefined {
    return this.#failure;
  }

  /** The time of the newest event that was taken, in milliseconds since 1970. */
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
        const pauseMs = await this.#step(signal).catch((error) => this.#pauseAfter(error));
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

  /** Begins, or polls once. Returns how long to pause. */
  async #step(signal: AbortSignal): Promise<number> {
    if (this.#tracker === undefined) {
      await this.#begin(signal);
      return 0;
    }
    const { poll } = this.#deps;
    const polled = await this.#poll(this.#offsetId, poll.limit, poll.timeoutMs, signal);
    if (polled.kind === "offset_refused") {
      await this.#beginAgain(signal);
      return 0;
    }
    this.#succeeded();
    this.#takeAll(polled);
    return polled.count >= poll.limit ? 0 : jittered(poll.pauseMs);
  }

  /** Goes on where the last program stopped, or begins at the end: then a sweep finds what was before. */
  async #begin(signal: AbortSignal): Promise<void> {
    const stored = await this.#deps.offsets.load(signal);
    if (stored === undefined) await this.#anchor(signal);
    else this.#goOnFrom(stored.offsetId, stored.offsetId);
    if (this.#failures > 0) this.#deps.requestSweep("recovered");
    this.#succeeded();
  }

  async #beginAgain(signal: AbortSignal): Promise<void> {
    this.#deps.observe({ event: "datahub_offset_refused" });
    await this.#anchor(signal);
    this.#deps.requestSweep("offset_refused");
    this.#succeeded();
  }

  /** Begins at the end, and stores where that is before anything else happens. */
  async #anchor(signal: AbortSignal): Promise<void> {
    const polled = await this.#poll(undefined, 1, 1000, signal);
    if (polled.kind === "offset_refused") return;
    await this.#deps.offsets.store(polled.offsetId);
    this.#goOnFrom(polled.offsetId, polled.offsetId);
    this.#takeAll(polled);
  }

  #goOnFrom(offsetId: string, stored: string): void {
    this.#offsetId = offsetId;
    this.#tracker = new OffsetTracker(stored, (each) => this.#store(each));
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
    if (this.#failures > 0) this.#deps.observe({ event: "datahub_recovered" });
    if (Date.now() - this.#lastPolledMs > LONG_OUTAGE_MS) this.#deps.requestSweep("recovered");
    this.#lastPolledMs = Date.now();
    this.#failures = 0;
    this.#failure = undefined;
  }

  /** Says what is new about a failure. Returns how long to pause. */
  async #pauseAfter(error: unknown): Promise<number> {
    if (!(error instanceof GmsError)) throw error;
    this.#failures++;
    const isNew = this.#failure?.reason !== error.reason;
    this.#failure = error;
    if (isNew && error.fault === "not_found") {
      this.#deps.observe({ event: "datahub_events_absent" });
    } else if (isNew) {
      this.#deps.observe({
        event: "datahub_unavailable",
        fault: error.fault,
        reason: error.reason,
      });
    }
    if (error.fault === "server_error" && this.#failures === SUSPICIOUS_FAILURES) {
      await this.#beginAgain(new AbortController().signal).catch(() => {});
    }
    if (error.fault === "not_found") return this.#deps.absentPauseMs;
    return pauseAfterMs(error, this.#failures);
  }
}

/** By up to a quarter less at random, so that clients do not poll in step. */
function jittered(durationMs: number): number {
  return durationMs * (0.75 + Math.random() / 4);
}
