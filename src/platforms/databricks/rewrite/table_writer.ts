/**
 * Writes to one table for one run, and knows in the end how many rows changed.
 *
 * The warehouse reports that with each response. If a response is lost, the write may have been done
 * or not: it is repeated, which its guard makes safe, and the rows that the lost one changed are read
 * from the table's history afterwards (see lost_rows.ts).
 */
import { ServiceError } from "../../../errors.ts";
import type { Counts } from "../../platform.ts";
import type { PreparedSession } from "../connection/session.ts";
import { OutcomeUnknownError } from "../connection/warehouse_errors.ts";
import { type HistoryRow, historyStatement } from "../sql/history.ts";
import { countAll, countRows, type RowCounts, type TableCounts } from "./count_rows.ts";
import { type ChangedVersion, lostRows, unexplainedVersions } from "./lost_rows.ts";
import { actionOn, type Work } from "./work.ts";

/** How many versions back lost writes are searched for. */
const HISTORY_VERSIONS = 200;
/** How many versions back the last write is searched for. */
const RECENT_VERSIONS = 20;

/** What an UPDATE or MERGE returns; engines that do not count have no such column. */
interface WrittenRow {
  readonly num_affected_rows?: number | null;
}

/** What is known of the table before the first write. */
interface Start {
  /** Its version; undefined if there is no history, or none that may be read. */
  readonly version: number | undefined;
  /** Its counts, if the engine does not report what its statements changed. */
  readonly counts: RowCounts | undefined;
}

/** The writer of one run. */
export class TableWriter {
  readonly #work: Work;
  readonly #action: string;
  readonly #acknowledged: number[] = [];
  #start: Start | undefined;
  #isInDoubt = false;

  constructor(work: Work) {
    this.#work = work;
    this.#action = actionOn(work.table);
  }

  /** Rows that are known to have changed so far. */
  get updated(): number {
    return this.#acknowledged.reduce((sum, rows) => sum + rows, 0);
  }

  /** Whether more may have changed than is known. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /**
   * Runs a statement that changes rows which hold a value, and no others; see `Session.write`. After an
   * `OutcomeUnknownError` or a `StaleHandleError` the caller reads again, and goes on with what is left.
   */
  async write(
    statement: string,
    parameters: Readonly<Record<string, string>> = {},
    within?: PreparedSession,
  ): Promise<void> {
    const { run, session } = this.#work;
    this.#start ??= await this.#readStart();
    run.signal.throwIfAborted();
    try {
      const [row] = await run.clock.time(
        "write",
        () => session.write<WrittenRow>(this.#action, statement, parameters, within),
      );
      this.#acknowledged.push(row?.num_affected_rows ?? 0);
    } catch (error) {
      if (run.signal.aborted) this.#isInDoubt = true; // it is cancelled, unless it was done by then
      if (!(error instanceof OutcomeUnknownError)) throw error;
      this.#isInDoubt = true;
      await session.startOver(); // ends the statement if it still runs
      throw error;
    }
  }

  /**
   * The counts of the whole run. `counted` is what was counted after the last write, if anything was.
   * Throws `database_unreachable` if the history does not tell what lost writes did.
   */
  async conclude(counted?: RowCounts): Promise<Counts> {
    if (this.#start?.counts !== undefined) {
      const { total, foreign, selected } = counted ?? await countRows(this.#work);
      const updated = Math.max(0, this.#start.counts.selected - selected);
      return { updated, skipped: Math.max(0, total - updated), foreign };
    }
    const updated = this.updated + (this.#isInDoubt ? await this.#countLostRows() : 0);
    const { total, foreign } = counted ?? await this.#countAsWritten();
    return { updated, skipped: Math.max(0, total - updated), foreign };
  }

  async #readStart(): Promise<Start> {
    if (!this.#work.table.isDelta) {
      return { version: undefined, counts: await countRows(this.#work) };
    }
    const [latest] = await readHistory(this.#work, 1);
    return { version: latest?.version, counts: undefined };
  }

  /** Counts the table as the last write left it, or as it is now if that version is not known. */
  async #countAsWritten(): Promise<TableCounts> {
    const last = this.#acknowledged.at(-1) ?? 0;
    if (last === 0 || this.#isInDoubt) return await countAll(this.#work);
    const versions = await this.#historySinceStart(RECENT_VERSIONS);
    const written = changedVersions(versions).find(({ rows }) => rows === last);
    return await countAll(this.#work, written?.version);
  }

  async #countLostRows(): Promise<number> {
    if (this.#start?.version === undefined) throw this.#unknownCounts();
    const history = await this.#historySinceStart(HISTORY_VERSIONS);
    if (history.length === HISTORY_VERSIONS) throw this.#unknownCounts();
    const versions = changedVersions(history);
    const tokenizedRows = new Map<number, number>();
    for (const { version } of unexplainedVersions(this.#acknowledged, versions)) {
      tokenizedRows.set(version, await this.#tokenizedRows(version));
    }
    return lostRows(this.#acknowledged, versions, tokenizedRows);
  }

  /** By how many the rows that hold a value became fewer with that version. */
  async #tokenizedRows(version: number): Promise<number> {
    const [before, after] = await Promise.all([
      countRows(this.#work, version - 1),
      countRows(this.#work, version),
    ]);
    return before.selected - after.selected;
  }

  async #historySinceStart(versions: number): Promise<HistoryRow[]> {
    const start = this.#start?.version;
    if (start === undefined) return [];
    return (await readHistory(this.#work, versions)).filter(({ version }) => version > start);
  }

  #unknownCounts(): ServiceError {
    return new ServiceError(
      "database_unreachable",
      `Cannot ${this.#action}: the response to a write was lost, and the table's history does not ` +
        "tell what it did",
      { cause: "CONNECTION_LOST" },
    );
  }
}

/** The latest versions, newest first; none if the history may not be read. */
async function readHistory({ session, table }: Work, versions: number): Promise<HistoryRow[]> {
  try {
    return await session.query<HistoryRow>(
      `read the history of ${table.displayName}`,
      historyStatement(table, versions),
    );
  } catch (error) {
    // this needs a privilege of its own, and is only needed if a response is lost
    if (error instanceof ServiceError && error.code === "permission_denied") return [];
    throw error;
  }
}

/** The metric of each kind of statement that says how many rows it changed. */
const CHANGED_ROWS: Readonly<Record<string, string>> = {
  UPDATE: "numUpdatedRows",
  MERGE: "numTargetRowsUpdated",
};

function changedVersions(history: readonly HistoryRow[]): ChangedVersion[] {
  return history.flatMap(({ version, operation, operationMetrics }) => {
    const rows = Number(operationMetrics?.[CHANGED_ROWS[operation] ?? ""] ?? 0);
    return rows > 0 ? [{ version, rows }] : [];
  });
}
