/**
 * The commit mode `batches`, for tables too large for one transaction: several connections work on
 * disjoint ranges of the table's blocks, and each range is a transaction of its own.
 *
 * Rows that other writers move between ranges can be missed; so the table is looked at in the end, and
 * what is left is done in another round. What was committed stays, whatever happens later, and running
 * again goes on from there, since tokens are not touched again.
 */
import { ServiceError, toServiceError } from "../../../errors.ts";
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts, Method, RunContext } from "../../platform.ts";
import { bulkPass } from "./bulk_pass.ts";
import { anyInSample, countAll, countRows, ownTransaction } from "./count_table.ts";
import type { TargetTable } from "../table.ts";
import { updateInPlace } from "./rewrite_in_database.ts";
import type { Session } from "../connection/session.ts";
import { type BlockRange, countBlocksStatement } from "../sql/block_ranges.ts";

/** The most and the fewest blocks of a batch: 8 and 1 MiB of a table with blocks of the usual size. */
const MAX_BATCH_BLOCKS = 1024;
const MIN_BATCH_BLOCKS = 128;
/** To look for more transactions than this in each row is no quicker than to look at its values. */
const MAX_TRANSACTIONS = 5000;
/** How often the table is gone through before it is said that other writers are faster. */
const MAX_ROUNDS = 5;

/** What batches need from the platform. */
export interface BatchResources {
  readonly connections: number;
  readonly pushdown: boolean;
  /** Calls `work` within a transaction of its own, on a connection of its own, and commits it. */
  readonly inOwnTransaction: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  /** Throws `conflict` where the table is no longer what was looked up. */
  readonly checkUnaltered: (session: Session) => Promise<void>;
}

/**
 * Rewrites the table batch by batch.
 *
 * Throws a `ServiceError` that says how many rows were committed before it, and how many are left.
 */
export async function rewriteInBatches(
  table: TargetTable,
  conversion: Conversion,
  run: RunContext,
  resources: BatchResources,
): Promise<Counts & { method: Method }> {
  const inDatabase = !table.canReadCtid ||
    (resources.pushdown && conversion.sqlExpression !== undefined);
  // else what this run wrote may be selected still, or cannot be told from what others wrote
  const trustsOwn = table.canReadXmin && table.triggers.length === 0 && !conversion.canReject;
  const transactions: string[] = [];
  const look = () => {
    const own = transactions.length > MAX_TRANSACTIONS ? [] : transactions;
    return resources.inOwnTransaction((session) => countRows(session, table, conversion, own));
  };
  let seen = await firstLook(table, conversion, resources) ?? await look();
  let committed = 0;
  let kept = { lookalikes: 0, heldRows: 0 };

  const batch = async (range: BlockRange, lock: boolean) => {
    const { transaction, ...done } = await resources.inOwnTransaction(async (session) => {
      const work = inDatabase
        ? updateInPlace(session, table, conversion, range).then((updated) => ({
          updated,
          ...NONE_KEPT,
        }))
        : bulkPass({ reader: session, writer: session }, table, conversion, run, { range, lock });
      const counts = await work;
      await resources.checkUnaltered(session); // between batches nothing held the table
      const isKnown = trustsOwn && counts.updated > 0;
      return { ...counts, transaction: isKnown ? await ownTransaction(session) : undefined };
    });
    if (transaction !== undefined) transactions.push(transaction);
    // not around the await: other batches add to it meanwhile
    committed += done.updated;
    kept.lookalikes += done.lookalikes;
    kept.heldRows += done.heldRows;
    run.progress({ updated: committed, total: seen.updated + seen.skipped });
  };
  try {
    for (let round = 0; seen.updated > kept.heldRows; round++) {
      if (round === MAX_ROUNDS) throw outrun(table);
      kept = { ...NONE_KEPT };
      const ranges = await rangesOf(table, resources);
      // at first nothing is locked before it is written: what slips away is done in the next round
      await eachRange(ranges, resources.connections, (range) => batch(range, round > 0));
      seen = await look();
    }
  } catch (error) {
    const left = await look().then(({ updated }) => updated, () => -1);
    throw partly(toServiceError(error), committed, left);
  }
  return {
    updated: committed,
    skipped: Math.max(0, seen.updated + seen.skipped - committed),
    foreign: seen.foreign,
    ...(conversion.canReject && { lookalikes: kept.lookalikes }),
    method: inDatabase ? "pushdown" : "client",
  };
}

/** Lookalikes, and the rows they hold back: a database's own expression knows of none. */
const NONE_KEPT = { lookalikes: 0, heldRows: 0 };

/** Works through the ranges, several at a time. After a failure those under way end, and no other begins. */
async function eachRange(
  ranges: readonly BlockRange[],
  workers: number,
  work: (range: BlockRange) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < ranges.length) {
      try {
        await work(ranges[next++]!);
      } catch (error) {
        next = ranges.length;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: workers }, worker));
  const failed = ended.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Smaller ones towards the end, so that all connections end at about the same time. */
async function rangesOf(
  table: TargetTable,
  { connections, inOwnTransaction }: BatchResources,
): Promise<BlockRange[]> {
  const { rows: [counted] } = await inOwnTransaction((session) =>
    session.query<[string]>(`measure ${table.displayName}`, countBlocksStatement(table))
  );
  const blocks = Number(counted![0]);
  const ranges: BlockRange[] = [];
  for (let from = 0; from < blocks;) {
    const share = Math.ceil((blocks - from) / (2 * connections));
    const to = from + Math.min(MAX_BATCH_BLOCKS, Math.max(MIN_BATCH_BLOCKS, share));
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}

/** That there is work, where a sample shows it; undefined where it takes a whole look. */
async function firstLook(
  table: TargetTable,
  conversion: Conversion,
  { inOwnTransaction }: BatchResources,
): Promise<Counts | undefined> {
  return await inOwnTransaction(async (session) => {
    if (!await anyInSample(session, table, conversion)) return undefined;
    const { total, foreign } = await countAll(session, table, conversion);
    return { updated: total, skipped: 0, foreign }; // some, and at most all
  });
}

function outrun(table: TargetTable): ServiceError {
  return new ServiceError(
    "conflict",
    `Cannot finish ${table.displayName}: other writers add values as fast as they are tokenized`,
  );
}

function partly(
  { code, message, facts }: ServiceError,
  committed: number,
  left: number,
): ServiceError {
  const rest = left < 0 ? "" : `, ${left} are left`;
  return new ServiceError(
    code,
    `${message}; ${committed} rows were committed before${rest}, run again to go on`,
    facts,
  );
}
