/** Tables that were looked up before: a run on one need not look it up, but has it confirmed. */
import type { RunContext } from "../../platform.ts";
import type { Session } from "../connection/session.ts";
import type { TargetTable } from "../table.ts";
import type { TableRequest } from "./find_table.ts";

/** How many are kept. */
const MAX_KEPT = 1000;

/** A table as the last run on it left it. */
export interface KnownTable {
  readonly table: TargetTable;
  /** Whether the last run found nothing to do, as then the next one probably will. */
  readonly expectsNothing: boolean;
  /** Where the table was looked up or confirmed last: the table's snapshot says nothing elsewhere. */
  readonly seenBy: WeakRef<Session>;
}

/** Keeps them in memory, by dataset and columns. */
export class KnownTables {
  /** The one that was used least recently comes first. */
  readonly #tables = new Map<string, KnownTable>();

  get(request: TableRequest): KnownTable | undefined {
    return this.#tables.get(keyOf(request));
  }

  set(request: TableRequest, table: KnownTable): void {
    const key = keyOf(request);
    this.#tables.delete(key);
    this.#tables.set(key, table);
    if (this.#tables.size <= MAX_KEPT) return;
    const [oldest] = this.#tables.keys();
    this.#tables.delete(oldest!);
  }

  delete(request: TableRequest): void {
    this.#tables.delete(keyOf(request));
  }
}

function keyOf({ dataset, columns }: TableRequest): string {
  return JSON.stringify([dataset.urn, columns.map(({ names }) => names)]);
}

/** What is expected of a table's next run. */
export interface Expected {
  readonly expectsNothing: boolean;
  /** The bytes from which on a table is large. */
  readonly limitBytes: number;
}

/** What one run may know of its table, and leaves to the next. */
export class RunMemory {
  readonly #tables: KnownTables;
  readonly #request: TableRequest;
  readonly #context: RunContext;

  constructor(tables: KnownTables, request: TableRequest, context: RunContext) {
    this.#tables = tables;
    this.#request = request;
    this.#context = context;
  }

  /** The table, if it was looked up before and the run may go by that. */
  recall(session: Session): KnownTable | undefined {
    return this.#mayKnow(session) ? this.#tables.get(this.#request) : undefined;
  }

  /** Keeps the table for the next run. A large one is not worth it; others may change with what they reach. */
  keep(session: Session, table: TargetTable, { expectsNothing, limitBytes }: Expected): void {
    const { isConfirmable, canLock, hasDescendants, sizeBytes } = table;
    const { triggers, functions, selfKeys, carryingKeys } = table;
    const reached = [...triggers, ...functions, ...selfKeys, ...carryingKeys];
    const isAlone = isConfirmable && canLock && !hasDescendants && reached.length === 0;
    if (!this.#mayKnow(session) || !isAlone || sizeBytes >= limitBytes) return;
    const seenBy = new WeakRef(session);
    this.#tables.set(this.#request, { table: { ...table }, expectsNothing, seenBy });
  }

  /** Has the next run look the table up. */
  forget(): void {
    this.#tables.delete(this.#request);
  }

  #mayKnow({ isPooled }: Session): boolean {
    const { commit, strategy, dryRun, scrub, writesValues = false, onObstacle } = this.#context;
    const isUsual = commit === "atomic" && strategy === "update" && onObstacle === undefined;
    return isUsual && !dryRun && !scrub && !writesValues && !isPooled;
  }
}
