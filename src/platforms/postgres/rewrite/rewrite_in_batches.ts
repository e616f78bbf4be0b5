/**
 * The commit mode `batches`, for tables too large for one transaction: several connections work on
 * disjoint ranges of the table's blocks, and each range is a transaction of its own.
 *
 * Rows that other writers move from one range to another can be missed, so the table is counted at the
 * end of each round, and what is left is converted in another. What was committed stays, whatever happens
 * later, and the next run goes on from there, since tokens are not converted again.
 */
import { counted } from "../../../counted.ts";
import { pool } from "../../../async.ts";
import { ServiceError, toServiceError } from "../../../errors.ts";
import { MAX_CONNECTIONS } from "../../../run_options.ts";
import { PartlyDone } from "../../ended_run.ts";
import type { RewriteOutcome } from "../../platform.ts";
import { isInDoubt } from "../connection/transaction.ts";
import { type BlockRange, countBlocksStatement } from "../sql/block_ranges.ts";
import { bulkPass } from "./bulk_pass.ts";
import { chooseUpdate, type UpdateMethod } from "./choose_method.ts";
import { countRowsOfOthers, countsOf, type RowCounts } from "./count_table.ts";
import { OwnTransactions } from "./own_transactions.ts";
import { PacedRanges } from "./paced_ranges.ts";
import { proveWritten } from "./prove_done.ts";
import { updateInPlace } from "./rewrite_in_database.ts";
import type { Work } from "./work.ts";

/** How many times to go through the table before other writers are said to be faster. */
const MAX_ROUNDS = 5;

/** How long the count of what is left may take once the run was ended. */
const LAST_COUNT_TIMEOUT_MS = 10_000;

/**
 * Rewrites the table batch by batch. `before` is what was counted before the first one.
 *
 * Throws a `ServiceError` that says how many rows were committed before it, and how many are left.
 */
export function rewriteInBatches(work: Work, before: RowCounts): Promise<RewriteOutcome> {
  return new BatchRun(work).rewrite(before);
}

class BatchRun {
  readonly #work: Work;
  readonly #method: UpdateMethod;
  readonly #ranges: PacedRanges;
  readonly #transactions: OwnTransactions;
  /** Rows committed so far. */
  #committed = 0;
  /** Rows with nothing to write when the run began: tokens of a run before it, for one. */
  #skipped = 0;
  /** These, rows that are committed, and those that were left when they were last counted. */
  #total = 0;
  /** Lookalikes met in the present round, and the rows they are in. */
  #lookalikes = 0;
  #rejectedRows = 0;
  /** Whether what a batch wrote was read back as tokens, before it was committed. */
  #isProven = false;
  /** Whether a batch may have been committed although it is not counted. */
  #isInDoubt = false;

  constructor(work: Work) {
    this.#work = work;
    this.#method = chooseUpdate(work.table, work.run, work.conversion);
    this.#ranges = new PacedRanges(work);
    this.#transactions = new OwnTransactions(work.table);
  }

  async rewrite(before: RowCounts): Promise<RewriteOutcome> {
    let remainder = before;
    this.#skipped = before.total - before.selected;
    try {
      for (let round = 1; this.#hasWork(remainder); round++) {
        if (round > MAX_ROUNDS) throw this.#overtaken();
        this.#total = this.#skipped + this.#committed + remainder.selected;
        await this.#convertAll(round);
        remainder = await this.#countLeft();
      }
    } catch (error) {
      throw await this.#withProgress(toServiceError(error));
    }
    return {
      ...countsOf(remainder, this.#committed),
      ...(this.#work.conversion.canReject && { lookalikes: this.#lookalikes }),
      method: this.#method,
    };
  }

  #countLeft(signal?: AbortSignal): Promise<RowCounts> {
    const { run, table } = this.#work;
    return run.inOwnTransactionOn(
      table,
      (session) => countRowsOfOthers(session, this.#work, this.#transactions.all),
      signal,
    );
  }

  /** Whether anything is left but rows that were met already, and rejected. */
  #hasWork({ selected }: RowCounts): boolean {
    return selected > this.#rejectedRows;
  }

  /** Goes through the table once. */
  async #convertAll(round: number): Promise<void> {
    this.#lookalikes = 0;
    this.#rejectedRows = 0;
    const ranges = this.#ranges.plan(await this.#countBlocks(), this.#total - this.#skipped);
    // in the first round no row is locked before it is written: the next one converts what was missed
    const convert = (range: BlockRange) => this.#convertRange(range, round > 1);
    await pool(MAX_CONNECTIONS, ranges, (range) => this.#ranges.run(() => convert(range)));
  }

  async #countBlocks(): Promise<number> {
    const { run, table } = this.#work;
    const { rows: [counted] } = await run.inOwnTransaction((session) =>
      session.query<[blocks: string]>(`measure ${table.displayName}`, countBlocksStatement(table))
    );
    return Number(counted![0]);
  }

  /** Converts a range in a transaction of its own. Gives the number of rows written. */
  async #convertRange(range: BlockRange, lock: boolean): Promise<number> {
    const { run, table } = this.#work;
    const { xmin, ...done } = await run.inOwnTransactionOn(table, async (session) => {
      const done = this.#method === "client"
        ? await bulkPass({ reader: session, writer: session }, this.#work, { range, lock })
        : {
          updated: await updateInPlace(session, this.#work, range),
          lookalikes: 0, // the SDK's SQL expression knows none
          rejectedRows: 0,
        };
      if (done.updated > 0 && !this.#isProven) {
        await proveWritten(session, this.#work, done.rejectedRows);
      }
      return { ...done, xmin: await this.#transactions.xminOf(session) };
    }).catch((error) => {
      this.#isInDoubt ||= isInDoubt(toServiceError(error));
      throw error;
    });
    this.#transactions.add(xmin);
    this.#isProven ||= done.updated > 0;
    this.#committed += done.updated;
    this.#lookalikes += done.lookalikes;
    this.#rejectedRows += done.rejectedRows;
    const [updated, skipped, total] = [this.#committed, this.#skipped, this.#total];
    run.context.progress({ updated, skipped, total });
    return done.updated;
  }

  #overtaken(): ServiceError {
    const { displayName } = this.#work.table;
    return new ServiceError(
      "conflict",
      `Cannot finish ${displayName}: other writers add values as fast as they are tokenized`,
    );
  }

  /** The error, with what stays and what is left; of a run that was ended, only if that is counted in time. */
  async #withProgress({ code, message, facts }: ServiceError): Promise<PartlyDone> {
    const isEnded = this.#work.run.context.signal.aborted;
    const limit = isEnded ? AbortSignal.timeout(LAST_COUNT_TIMEOUT_MS) : undefined;
    const left = await this.#countLeft(limit).then(
      ({ selected }) => `, ${counted(selected, "is left", "are left")}`,
      () => ", how many are left could not be counted",
    );
    const open = this.#isInDoubt ? " and one more batch perhaps" : "";
    return new PartlyDone(
      code,
      `${message}; ${
        counted(this.#committed, "row was committed", "rows were committed")
      } before${open}${left}, run again to go on`,
      facts,
    );
  }
}
