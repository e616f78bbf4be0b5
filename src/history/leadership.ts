/**
 * What only one process does at a time, of all that share the history: the one that holds an advisory lock.
 * The lock is free the moment that its process is gone, and the others try for it every second.
 */
import type { Session } from "../platforms/postgres/connection/session.ts";
import { tryLock } from "./presence.ts";
import { LOCKS } from "./locks.ts";
import {
  FIND_LEADER,
  GIVE_UP_LEAD,
  HAND_OVER,
  PUBLISH_STATUS,
  TAKE_EVENTS,
  TAKE_LEAD,
} from "./sql/leaders.ts";
import type { Statements } from "./statements.ts";

const ACTION = "find out who leads";

/** What is done under the lead, and how a process takes part. */
export interface Candidate {
  /** What is led. Those of one name exclude each other. */
  readonly name: string;
  /** This process leads from now on. */
  readonly onLed: () => void;
  /** It does so no more: another one may, at once. */
  readonly onLost: () => void;
  /** Something that another process handed over to the leader. */
  readonly onEvents: (events: readonly unknown[]) => void;
  /** How what is led is, as JSON, for the other processes. */
  readonly status: () => string;
}

/** Who leads, as far as is known. */
export interface Leader {
  readonly replica: string;
  readonly isSelf: boolean;
  /** What the leader published last; undefined if nothing yet. */
  readonly status: unknown;
}

/** What it works with. */
export interface LeadershipDependencies {
  readonly owner: string;
  readonly replica: string;
  readonly statements: Pick<Statements, "run">;
}

/** One process's part in one leadership. */
export class Leadership {
  readonly #deps: LeadershipDependencies;
  #candidate: Candidate | undefined;
  #leads = false;
  /** Whether others can read that this process leads. */
  #isNoted = false;
  #leader: Leader | undefined;
  #published: string | undefined;

  constructor(deps: LeadershipDependencies) {
    this.#deps = deps;
  }

  /** What this process is called. */
  get replica(): string {
    return this.#deps.replica;
  }

  /** Who leads; undefined if nobody is known to. */
  get leader(): Leader | undefined {
    return this.#leader;
  }

  /** Takes part from now on. */
  stand(candidate: Candidate): void {
    this.#candidate = candidate;
  }

  /** Takes part no more. What is led has ended; the lock is free once the session ends. */
  async withdraw(): Promise<void> {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (!this.#leads || candidate === undefined) return;
    this.#leads = false;
    await this.#run(GIVE_UP_LEAD, [candidate.name, this.#deps.owner]);
  }

  /** Tries for the lead, on the session that holds the locks of this process. */
  async seek(session: Session): Promise<void> {
    const candidate = this.#candidate;
    if (candidate === undefined || this.#leads) return;
    if (!await tryLock(session, LOCKS.leader, String(hash(candidate.name)))) return;
    if (this.#candidate !== candidate) return;
    this.#leads = true;
    this.#isNoted = false;
    this.#published = undefined;
    this.#leader = { replica: this.#deps.replica, isSelf: true, status: undefined };
    candidate.onLed();
  }

  /** Does what a leader, or another candidate, has to from time to time. Throws a `ServiceError`. */
  async keepUp(): Promise<void> {
    const candidate = this.#candidate;
    if (candidate === undefined) return;
    const { name } = candidate;
    const { owner, replica } = this.#deps;
    if (!this.#leads) return await this.#findLeader(name);
    if (!this.#isNoted) await this.#run(TAKE_LEAD, [name, owner, replica]);
    this.#isNoted = true;
    await this.takeEvents();
    await this.#publish(candidate);
  }

  /** The session with the lock is lost. */
  lose(): void {
    this.#leader = undefined;
    if (!this.#leads) return;
    this.#leads = false;
    this.#candidate?.onLost();
  }

  /** Takes what was handed over, if this process leads. */
  async takeEvents(): Promise<void> {
    const candidate = this.#candidate;
    if (!this.#leads || candidate === undefined) return;
    const rows = await this.#run<[event: unknown]>(TAKE_EVENTS, [candidate.name]);
    if (rows.length > 0) candidate.onEvents(rows.map(([event]) => event));
  }

  /** Leaves events for the leader, or for the next one. Throws a `ServiceError`. */
  async handOver(name: string, events: readonly unknown[]): Promise<void> {
    await this.#run(HAND_OVER, [name, JSON.stringify(events), this.#deps.owner]);
  }

  async #findLeader(name: string): Promise<void> {
    const [row] = await this.#run<[owner: string, replica: string, status: unknown]>(
      FIND_LEADER,
      [name],
    );
    if (this.#leads) return;
    this.#leader = row && { replica: row[1], isSelf: false, status: row[2] ?? undefined };
  }

  async #publish({ name, status }: Candidate): Promise<void> {
    const text = status();
    if (text === this.#published) return;
    await this.#run(PUBLISH_STATUS, [name, this.#deps.owner, text]);
    this.#published = text;
  }

  #run<Row extends readonly unknown[]>(text: string, parameters: string[]): Promise<Row[]> {
    return this.#deps.statements.run<Row>(ACTION, text, parameters);
  }
}

/**
 * A number for a name, as an `int4`. Source: the FNV-1a hash of 32 bits, by Fowler, Noll and Vo (RFC 9923).
 */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  return value | 0;
}
