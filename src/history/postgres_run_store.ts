/** Keeps runs in Postgres, where several processes share them. */
import { changed } from "../runs/changed_run.ts";
import { cursorAfter, parseCursor } from "../runs/cursor.ts";
import { RUN_STATES, type RunState } from "../runs/run.ts";
import type {
  Added,
  HistoryStatus,
  NewRun,
  RunChange,
  RunListener,
  RunPage,
  RunQuery,
  RunRequest,
  RunStore,
  StoredReceipt,
  StoredRun,
} from "../runs/run_store.ts";
import type { OwnRuns } from "./own_runs.ts";
import { ADD_RUN } from "./sql/add_run.ts";
import { CHANGE_RUN } from "./sql/change_run.ts";
import { FIND_RUN, listRuns } from "./sql/find_runs.ts";
import { ADD_RECEIPT, FIND_RECEIPT, LAST_RECEIPT } from "./sql/receipts.ts";
import { REQUEST_OF_RUN } from "./sql/request_of_run.ts";
import { type ChangedRow, runParameters, type RunRow, storedRunOf } from "./sql/run_rows.ts";
import type { Statements } from "./statements.ts";
import { isPassing } from "./history_error.ts";
import { toServiceError } from "../errors.ts";

/** What it works with. */
export interface PostgresRunStoreDependencies {
  /** This process; runs that it adds as their owner are executed here. */
  readonly owner: string;
  readonly statements: Pick<Statements, "run">;
  readonly ownRuns: OwnRuns;
  readonly listeners: Set<RunListener>;
  readonly status: () => HistoryStatus;
  /** Waits a little for the process to hold its lock, without which nobody would find its runs. */
  readonly requirePresence: () => Promise<void>;
  /** Waits a little for the first attempt to use the database, which may have to make its tables. */
  readonly tried: () => Promise<void>;
  readonly close: () => Promise<void>;
}

type AddedRow = readonly [runId: string, bodyHash: string | null, ...row: RunRow];
type ReceiptRow = readonly [runId: string, sequence: number, hash: string, document: string];

/** Runs of all processes on one database. Throws `ServiceError`s when the database is away. */
export class PostgresRunStore implements RunStore {
  readonly #deps: PostgresRunStoreDependencies;

  constructor(deps: PostgresRunStoreDependencies) {
    this.#deps = deps;
  }

  status(): HistoryStatus {
    return this.#deps.status();
  }

  async add({ run, owner, idempotency }: NewRun): Promise<Added> {
    await this.#deps.requirePresence();
    const { key = null, bodyHash = null } = idempotency ?? {};
    const parameters = [...runParameters(run), owner, key, bodyHash];
    while (true) {
      const [row] = await this.#again<AddedRow>("begin a run", ADD_RUN, parameters);
      if (row === undefined) continue; // another one with this key is not visible yet
      const [runId, foundHash, ...found] = row;
      const stored = storedRunOf(found);
      if (runId !== run.run_id) {
        return { kind: foundHash === bodyHash ? "same_request" : "other_request", stored };
      }
      if (owner === this.#deps.owner) this.#deps.ownRuns.take(stored);
      this.#changed(runId);
      return { kind: "added", stored };
    }
  }

  async update(
    runId: string,
    from: readonly RunState[],
    change: RunChange,
  ): Promise<StoredRun | undefined> {
    const { ownRuns } = this.#deps;
    if (ownRuns.find(runId) !== undefined) return await ownRuns.update(runId, from, change);
    while (true) {
      const found = await this.get(runId);
      const run = found && changed(found.run, from, change);
      if (run === undefined) return undefined;
      const [row] = await this.#run<ChangedRow>("change a run", CHANGE_RUN, [
        ...runParameters(run),
        this.#deps.owner,
        String(found!.revision),
        String(change.releasesKey ?? false),
      ]);
      if (row === undefined) continue; // it was changed meanwhile
      return this.#changedTo(row);
    }
  }

  async request(runId: string, request: RunRequest): Promise<StoredRun | undefined> {
    const { ownRuns, owner } = this.#deps;
    if (ownRuns.find(runId) !== undefined) return await ownRuns.request(runId, request);
    const { cancel = false, throttle } = request;
    const [row] = await this.#run<ChangedRow>("change a run", REQUEST_OF_RUN, [
      storable(runId),
      owner,
      String(cancel),
      throttle === undefined ? null : JSON.stringify(throttle),
    ]);
    return row === undefined ? await this.get(runId) : this.#changedTo(row);
  }

  async get(runId: string): Promise<StoredRun | undefined> {
    const own = this.#deps.ownRuns.find(runId);
    if (own !== undefined) return own;
    const [row] = await this.#again<RunRow>("read a run", FIND_RUN, [storable(runId)]);
    return row && storedRunOf(row);
  }

  async list({ limit, cursor, states = RUN_STATES, datasetUrn }: RunQuery): Promise<RunPage> {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const shape = {
      states: states.length,
      dataset: datasetUrn !== undefined,
      after: after !== undefined,
    };
    if (states.length === 0) return { runs: [], next_cursor: null };
    const rows = await this.#again<RunRow>("list runs", listRuns(shape), [
      String(limit + 1), // to know whether there are more
      ...states,
      ...(datasetUrn === undefined ? [] : [storable(datasetUrn)]),
      ...(after === undefined ? [] : [timeOf(after.created_at), storable(after.run_id)]),
    ]);
    const runs = rows.slice(0, limit).map((row) => storedRunOf(row).run);
    const hasMore = rows.length > limit;
    return { runs, next_cursor: hasMore ? cursorAfter(runs.at(-1)!) : null };
  }

  onChange(listener: RunListener): () => void {
    const { listeners } = this.#deps;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async receipt(runId: string): Promise<StoredReceipt | undefined> {
    const action = "read a receipt";
    return receiptOf(await this.#again<ReceiptRow>(action, FIND_RECEIPT, [storable(runId)]));
  }

  async lastReceipt(): Promise<StoredReceipt | undefined> {
    return receiptOf(await this.#again<ReceiptRow>("read a receipt", LAST_RECEIPT));
  }

  async addReceipt({ runId, sequence, hash, document }: StoredReceipt): Promise<boolean> {
    const parameters = [runId, String(sequence), hash, document];
    return (await this.#run("keep a receipt", ADD_RECEIPT, parameters)).length > 0;
  }

  async close(): Promise<void> {
    await this.#deps.close();
  }

  #changedTo([runId, ...row]: ChangedRow): StoredRun {
    this.#changed(runId);
    return storedRunOf(row);
  }

  #changed(runId: string): void {
    for (const listener of this.#deps.listeners) listener(runId);
  }

  async #run<Row extends readonly unknown[]>(
    action: string,
    text: string,
    parameters?: readonly (string | null)[],
  ): Promise<Row[]> {
    await this.#deps.tried();
    return await this.#deps.statements.run<Row>(action, text, parameters);
  }

  /** Runs a statement that may be run twice: once more if the connection turns out to be lost. */
  async #again<Row extends readonly unknown[]>(
    action: string,
    text: string,
    parameters?: readonly (string | null)[],
  ): Promise<Row[]> {
    try {
      return await this.#run<Row>(action, text, parameters);
    } catch (error) {
      if (!isPassing(toServiceError(error))) throw error;
      return await this.#run<Row>(action, text, parameters);
    }
  }
}

/** Without characters that no text in Postgres has, and that no run is called by. */
function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}

/** The last moment of the year 9999. */
const LAST_MS = 253_402_300_799_999;

/** A time as Postgres reads it, of any that `Date` can; no run is from before 1970. */
function timeOf(time: string): string {
  return new Date(Math.min(Math.max(Date.parse(time), 0), LAST_MS)).toISOString();
}

function receiptOf([row]: readonly ReceiptRow[]): StoredReceipt | undefined {
  if (row === undefined) return undefined;
  const [runId, sequence, hash, document] = row;
  return { runId, sequence, hash, document };
}
