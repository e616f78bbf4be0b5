/**
 * The loop of several replicas, of which one follows DataHub at a time. The others show what it publishes,
 * and pass on to it what reaches them.
 */
import type { Observe } from "../../observations.ts";
import { openGms } from "../gms/gms.ts";
import type { DatahubSettings } from "../settings.ts";
import { type Approval, approve } from "./approvals.ts";
import { readChangeEvent } from "./hint.ts";
import type { DatahubLoop } from "./loop.ts";
import type { LoopStatus } from "./loop_status.ts";
import type { Approvals } from "./waiting_columns.ts";

/** Which of several replicas leads. */
export interface Lead {
  /** What this replica is called. */
  readonly replica: string;
  /** Who leads, with what it published; undefined if nobody is known to. */
  readonly leader: { readonly replica: string; readonly status: unknown } | undefined;
  /** Takes part, under the name of what is led. */
  stand(candidate: {
    readonly name: string;
    readonly onLed: () => void;
    readonly onLost: () => void;
    readonly onEvents: (events: readonly unknown[]) => void;
    readonly status: () => string;
  }): void;
  /** Takes part no more: what is led has ended. */
  withdraw(): Promise<void>;
  /** Leaves something for the leader, or for the next one. Throws a `ServiceError`. */
  handOver(name: string, events: readonly unknown[]): Promise<void>;
}

/** What it works with. */
export interface LedLoopDependencies {
  readonly settings: DatahubSettings;
  readonly lead: Lead;
  readonly observe: Observe;
  /** Starts to follow DataHub. */
  readonly start: () => DatahubLoop;
}

/** What the leader publishes. */
interface Published {
  readonly status: LoopStatus;
  readonly approvals: Approvals;
}

/** What a replica hands over to the leader: an event, or a dataset to be dealt with. */
type HandedOver = { readonly event: unknown } | { readonly datasetUrn: string };

/** Takes part from now on. */
export function startLedLoop(deps: LedLoopDependencies): DatahubLoop {
  return new LedLoop(deps);
}

class LedLoop implements DatahubLoop {
  readonly #deps: LedLoopDependencies;
  readonly #name: string;
  #isLed = false;
  #loop: DatahubLoop | undefined;
  /** The loop that was led before, as long as something of it is under way. */
  #closing: Promise<void> = Promise.resolve();

  constructor(deps: LedLoopDependencies) {
    this.#deps = deps;
    this.#name = `datahub ${deps.settings.consumer}`;
    deps.lead.stand({
      name: this.#name,
      onLed: () => void this.#begin(),
      onLost: () => this.#lose(),
      onEvents: (events) => this.#takeOver(events as readonly HandedOver[]),
      status: () => JSON.stringify(this.#published()),
    });
  }

  status(): LoopStatus {
    const { lead } = this.#deps;
    const leader = lead.leader?.replica ?? null;
    const isLeader = this.#loop !== undefined;
    return { ...this.#published().status, leader, is_leader: isLeader };
  }

  approvals(): Approvals {
    return this.#published().approvals;
  }

  async approve(approval: Approval): Promise<void> {
    if (this.#loop !== undefined) return await this.#loop.approve(approval);
    const { settings: { gms, approvalTag }, observe } = this.#deps;
    const marked: string[] = [];
    const mark = (urn: string) => void marked.push(urn);
    const state = { waiting: this.approvals().waiting };
    await approve(approval, { gms: openGms(gms), state, approvalTag, observe, mark });
    await this.#handOver(marked.map((datasetUrn) => ({ datasetUrn })));
  }

  mark(datasetUrn: string): void {
    this.#loop?.mark(datasetUrn);
  }

  async take(payloads: readonly unknown[]): Promise<number> {
    if (this.#loop !== undefined) return await this.#loop.take(payloads);
    const events = payloads.filter((payload) => this.#isRelevant(payload));
    await this.#handOver(events.map((event) => ({ event })));
    return events.length;
  }

  async close(): Promise<void> {
    this.#end();
    await this.#closing;
    await this.#deps.lead.withdraw();
  }

  /** Starts the loop, once nothing of the one before is under way. */
  async #begin(): Promise<void> {
    const { start, observe, lead: { replica } } = this.#deps;
    this.#isLed = true;
    await this.#closing;
    if (!this.#isLed || this.#loop !== undefined) return;
    observe({ event: "datahub_led", replica });
    this.#loop = start();
  }

  #lose(): void {
    const { observe, lead: { replica } } = this.#deps;
    if (this.#loop !== undefined) observe({ event: "datahub_lead_lost", replica });
    this.#end();
  }

  #end(): void {
    this.#isLed = false;
    if (this.#loop === undefined) return;
    this.#closing = this.#loop.close();
    this.#loop = undefined;
  }

  #takeOver(all: readonly HandedOver[]): void {
    for (const each of all) {
      if ("datasetUrn" in each) this.#loop?.mark(each.datasetUrn);
      else void this.#loop?.take([each.event]);
    }
  }

  async #handOver(all: readonly HandedOver[]): Promise<void> {
    if (all.length > 0) await this.#deps.lead.handOver(this.#name, all);
  }

  /** The leader knows the terms of term groups; without it, any term may be one of them. */
  #isRelevant(payload: unknown): boolean {
    const event = readChangeEvent(payload);
    if (event === undefined || event === "malformed") return false;
    const { tags, terms, termGroups, approvalTag } = this.#deps.settings;
    return [...tags, ...terms, approvalTag].includes(event.label) ||
      (termGroups.length > 0 && event.label.startsWith("urn:li:glossaryTerm:"));
  }

  #published(): Published {
    const loop = this.#loop;
    if (loop !== undefined) return { status: loop.status(), approvals: loop.approvals() };
    const published = this.#deps.lead.leader?.status as Published | undefined;
    return published ?? this.#nothingKnown();
  }

  #nothingKnown(): Published {
    const { mode, approvalTag = null } = this.#deps.settings;
    const status: LoopStatus = {
      mode,
      events: "failing",
      problem: "no replica is known to follow DataHub at present",
      needs_attention: false,
      offset_id: null,
      last_event_at: null,
      lag_seconds: null,
      last_sweep_at: null,
      last_sweep_datasets: null,
      due: 0,
      running: 0,
      later: 0,
      waiting_for_approval: [],
      waiting: [],
      failed: [],
      refused: [],
    };
    return { status, approvals: { approval_tag: approvalTag, waiting: [] } };
  }
}
