/** The faults that were added, and which of them apply to a request. */
import type { FaultAction, FaultRule, FaultState } from "../control.ts";

/** A fault that applies to the current request. */
export interface Hit {
  readonly id: string;
  readonly action: FaultAction;
  /** Resolves when the fault no longer holds requests. */
  readonly released: Promise<void>;
  /** Reports that the request waits, or no longer does. */
  readonly holding: (waits: boolean) => void;
}

interface Entry {
  readonly id: string;
  readonly rule: FaultRule;
  readonly pattern: RegExp | undefined;
  readonly release: PromiseWithResolvers<void>;
  seen: number;
  hits: number;
  held: number;
  firstHitAt: number | undefined;
}

/** Holds the faults in the order in which they were added. */
export class FaultBook {
  private readonly entries = new Map<string, Entry>();
  private readonly waiters = new Set<() => void>();
  private added = 0;

  add(rule: FaultRule): string {
    const id = `fault-${++this.added}`;
    this.entries.set(id, {
      id,
      rule,
      pattern: rule.statement === undefined ? undefined : new RegExp(rule.statement, "is"),
      release: Promise.withResolvers<void>(),
      seen: 0,
      hits: 0,
      held: 0,
      firstHitAt: undefined,
    });
    return id;
  }

  /** The faults that apply to this request, which counts as a hit of each. */
  take(method: string, statement: string | undefined): Hit[] {
    const hits = [...this.entries.values()]
      .filter((entry) => fits(entry, method, statement))
      .filter((entry) => entry.seen++ >= (entry.rule.skip ?? 0) && !isSpent(entry));
    for (const entry of hits) {
      entry.hits++;
      entry.firstHitAt ??= performance.now();
    }
    if (hits.length > 0) this.wakeWaiters();
    return hits.map((entry) => ({
      id: entry.id,
      action: entry.rule.action,
      released: entry.release.promise,
      holding: (waits) => entry.held += waits ? 1 : -1,
    }));
  }

  state(id: string): FaultState {
    const { hits, held } = this.entry(id);
    return { id, hits, held };
  }

  async waitForHits(id: string, hits: number, timeoutMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (this.entry(id).hits < hits) {
      if (deadline.aborted) {
        throw new Error(`Cannot wait for ${id}: hit ${this.entry(id).hits} times of ${hits}`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.waiters.add(resolve);
      deadline.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      this.waiters.delete(resolve);
    }
  }

  release(id: string): void {
    this.entry(id).release.resolve();
  }

  remove(id: string): void {
    this.release(id);
    this.entries.delete(id);
    this.wakeWaiters();
  }

  clear(): void {
    for (const id of [...this.entries.keys()]) this.remove(id);
  }

  private wakeWaiters(): void {
    for (const wake of this.waiters) wake();
  }

  private entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new Error(`Cannot find the fault: no "${id}"`);
    return entry;
  }
}

function fits(entry: Entry, method: string, statement: string | undefined): boolean {
  const methods = entry.rule.methods ?? (entry.pattern ? ["ExecuteStatement"] : undefined);
  if (methods ? !methods.includes(method) : method.startsWith("oauth_")) return false;
  return entry.pattern === undefined || (statement !== undefined && entry.pattern.test(statement));
}

function isSpent(entry: Entry): boolean {
  const { times = 1, forMs } = entry.rule;
  if (times !== "always" && entry.hits >= times) return true;
  if (forMs === undefined || entry.firstHitAt === undefined) return false;
  return performance.now() - entry.firstHitAt > forMs;
}
