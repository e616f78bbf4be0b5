/**
 * Writes to one table on behalf of one run, and knows in the end how many rows changed.
 *
 * The warehouse says so with each answer. Where an answer was lost, the write may have been done or
 * not: it is repeated, which its guard makes safe, and what the lost one did is read from the
 * table's history afterwards. There, each version has the number of rows it changed, and a version
 * is one of a run like this where exactly as many rows fewer than before hold a value.
 */
import { ServiceError } from "../../../errors.ts";
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts, RunContext } from "../../platform.ts";
import type { CheckedTable } from "../table.ts";
import type { Session } from "../connection/session.ts";
import {
  type CountAllRow,
  countAllStatement,
  type CountRow,
  countRowsStatement,
} from "../sql/count_rows.ts";
import { type HistoryRow, historyStatement } from "../sql/history.ts";
import { LostAnswer } from "../connection/warehouse_errors.ts";

/** How far back a lost write is looked for. */
const HISTORY_VERSIONS = 200;
const RECENT_VERSIONS = 20;

/** What a run works with. */
export interface Work {
  readonly session: Session;
  readonly table: CheckedTable;
  readonly conversion: Conversion;
  readonly run: RunContext;
}

/** What is counted whatever a run does. */
export interface TableCounts {
  readonly total: number;
  readonly foreign: number;
}

/** What a scan of the table gives. */
export interface RowCounts extends TableCounts {
  /** Rows with a selected text. */
  readonly selected: number;
}

/** What is known of the table before the first write. */
interface Start {
  /** The version it had; undefined where there is no history to be read. */
  readonly version: number | undefined;
  /** What a look gave, where the engine does not say what its statements changed. */
  readonly look: RowCounts | undefined;
}

/** What an UPDATE or MERGE returns; engines that do not count have no such column. */
interface WrittenRow {
  readonly num_affected_rows?: number | null;
}

/** The writer of one run. */
export class TableWriter {
  readonly #work: Work;
  readonly #action: string;
  readonly #acknowledged: number[] = [];
  #start: Start | undefined;
  #isUnsure = false;

  constructor(work: Work) {
    this.#work = work;
    this.#action = actionOn(work.table);
  }

  /** Rows that are known to have changed so far. */
  get updated(): number {
    return this.#acknowledged.reduce((sum, rows) => sum + rows, 0);
  }

  /** Whether more may have changed than is known. */
  get isUnsure(): boolean {
    return this.#isUnsure;
  }

  /**
   * Runs a statement that changes rows which hold a value, and no others. Throws `LostAnswer` where
   * nobody knows whether it was done; the caller looks again, and goes on with what is left.
   */
  async write(statement: string, parameters: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#start ??= await this.#look();
    try {
      const rows = await this.#work.session.write<WrittenRow>(this.#action, statement, parameters);
      this.#acknowledged.push(affectedRows(rows) ?? 0);
    } catch (error) {
      if (!(error instanceof LostAnswer)) throw error;
      this.#isUnsure = true;
      await this.#work.session.startOver(); // ends the statement if it still runs
      throw error;
    }
  }

  /** The counts of the whole run. `look` is what a look after the last write gave. */
  async conclude(look?: RowCounts): Promise<Counts> {
    if (this.#start?.look !== undefined) {
      const { total, foreign, selected } = look ?? await countRows(this.#work);
      const updated = Math.max(0, this.#start.look.selected - selected);
      return { updated, skipped: Math.max(0, total - updated), foreign };
    }
    const updated = this.updated + (this.#isUnsure ? await this.#lostRows() : 0);
    const { total, foreign } = look ?? await this.#countAll();
    return { updated, skipped: Math.max(0, total - updated), foreign };
  }

  async #look(): Promise<Start> {
    const { table } = this.#work;
    if (!table.isDelta) return { version: undefined, look: await countRows(this.#work) };
    const [latest] = await readHistory(this.#work, 1);
    return { version: latest?.version, look: undefined };
  }

  /** Of the table as the last write left it. */
  async #countAll(): Promise<TableCounts> {
    const last = this.#acknowledged.at(-1) ?? 0;
    const version = last === 0 || this.#isUnsure
      ? undefined
      : (await this.#versionsSince(RECENT_VERSIONS)).find((each) => changedRows(each) === last)
        ?.version;
    const { session, table, conversion } = this.#work;
    const [row] = await session.query<CountAllRow>(
      `count the rows of ${table.displayName}`,
      countAllStatement(table, conversion, version),
    );
    return countsIn(row!);
  }

  /** Rows changed by writes whose answer was lost. Throws where that cannot be told. */
  async #lostRows(): Promise<number> {
    if (this.#start?.version === undefined) throw this.#unknownCounts();
    const versions = await this.#versionsSince(HISTORY_VERSIONS);
    if (versions.length === HISTORY_VERSIONS) throw this.#unknownCounts();
    const known = [...this.#acknowledged];
    let lost = 0;
    for (const each of versions) {
      const rows = changedRows(each);
      if (rows === undefined || rows === 0) continue;
      const acknowledged = known.indexOf(rows);
      if (acknowledged >= 0) known.splice(acknowledged, 1);
      else if (await this.#tokenizedRows(each.version) === rows) lost += rows;
    }
    return lost;
  }

  /** By how many the rows that hold a value became fewer with that version. */
  async #tokenizedRows(version: number): Promise<number> {
    const [before, after] = await Promise.all([
      countRows(this.#work, version - 1),
      countRows(this.#work, version),
    ]);
    return before.selected - after.selected;
  }

  async #versionsSince(limit: number): Promise<HistoryRow[]> {
    const base = this.#start?.version;
    if (base === undefined) return [];
    return (await readHistory(this.#work, limit)).filter(({ version }) => version > base);
  }

  #unknownCounts(): ServiceError {
    return new ServiceError(
      "database_unreachable",
      `Cannot ${this.#action}: the answer to a write was lost, and the table's history does not ` +
        "tell what it did",
      { cause: "CONNECTION_LOST" },
    );
  }
}

/** What a run does, for messages. */
export function actionOn({ displayName }: CheckedTable): string {
  return `tokenize ${displayName}`;
}

/** Looks at the whole table, as it is or as it was at a version. */
export async function countRows(work: Work, version?: number): Promise<RowCounts> {
  const [row] = await work.session.query<CountRow>(
    `count the rows of ${work.table.displayName}`,
    countRowsStatement(work.table, work.conversion, version),
  );
  return { ...countsIn(row!), selected: row!.selected };
}

function countsIn({ total, foreign_tokens: foreign }: CountAllRow): TableCounts {
  return { total, foreign };
}

/** The latest versions; none where the history cannot be read. */
async function readHistory({ session, table }: Work, versions: number): Promise<HistoryRow[]> {
  try {
    return await session.query<HistoryRow>(
      `read the history of ${table.displayName}`,
      historyStatement(table, versions),
    );
  } catch (error) {
    // it is a right of its own, and only needed where an answer is lost
    if (error instanceof ServiceError && error.code === "permission_denied") return [];
    throw error;
  }
}

/** The rows that a version's statement changed; undefined where it was no such statement. */
function changedRows({ operation, operationMetrics }: HistoryRow): number | undefined {
  const metric = { UPDATE: "numUpdatedRows", MERGE: "numTargetRowsUpdated" }[operation];
  const rows = metric === undefined ? undefined : operationMetrics?.[metric];
  return rows === undefined ? undefined : Number(rows);
}

function affectedRows([row]: readonly WrittenRow[]): number | undefined {
  return row?.num_affected_rows ?? undefined;
}
