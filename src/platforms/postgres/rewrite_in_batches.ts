/**
 * The commit mode `batches`, for tables too large for one transaction: several connections work on
 * disjoint ranges of the table's blocks, and each range is a transaction of its own.
 *
 * Rows that other writers move between ranges can be missed; so the table is looked at in the end, and
 * what is left is done in another round. What was committed stays, whatever happens later, and running
 * again goes on from there, since tokens are not touched again.
 */
import { ServiceError, toServiceError } from "../../errors.ts";
import type { TokenSdk } from "../../tokens/token_sdk.ts";
import type { Counts, Method, RunContext } from "../platform.ts";
import { bulkPass } from "./bulk_pass.ts";
import type { ResolvedTable } from "./resolve_table.ts";
import { updateInPlace } from "./rewrite_in_database.ts";
import type { Session } from "./session.ts";
import { type BlockRange, countBlocksStatement } from "./sql/block_ranges.ts";
import {
  anyInSampleStatement,
  countAllStatement,
  type CountRow,
  countRowsStatement,
} from "./sql/count_rows.ts";

/** Blocks of one batch: 8 MiB of a table with blocks of the usual size. */
const BATCH_BLOCKS = 1024;
/** How often the table is gone through before it is said that other writers are faster. */
const MAX_ROUNDS = 5;

/** What batches need from the platform. */
export interface BatchResources {
  readonly connections: number;
  readonly pushdown: boolean;
  /** Calls `work` within a transaction of its own, on a connection of its own, and commits it. */
  readonly inOwnTransaction: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
}

/**
 * Rewrites the table batch by batch.
 *
 * Throws a `ServiceError` that says how many rows were committed before it, and how many are left.
 */
export async function rewriteInBatches(
  table: ResolvedTable,
  sdk: TokenSdk,
  run: RunContext,
  resources: BatchResources,
): Promise<Counts & { method: Method }> {
  const inDatabase = !table.canReadAddress ||
    (resources.pushdown && sdk.sqlExpression !== undefined);
  const look = () => countRows(table, sdk, resources);
  let [total, left] = await firstLook(table, sdk, resources) ?? await look();
  let committed = 0;

  const batch = async (range: BlockRange) => {
    const rows = await resources.inOwnTransaction(async (session) =>
      inDatabase
        ? await updateInPlace(session, table, sdk, range)
        : (await bulkPass({ reader: session, writer: session }, table, sdk, run, { range })).updated
    );
    committed += rows; // not around the await: other batches add to it meanwhile
    run.progress({ updated: committed, total });
  };
  try {
    for (let round = 0; left > 0; round++) {
      if (round === MAX_ROUNDS) throw outrun(table);
      await eachRange(await rangesOf(table, resources), resources.connections, batch);
      [total, left] = await look();
    }
  } catch (error) {
    left = await look().then(([, now]) => now, () => -1);
    throw partly(toServiceError(error), committed, left);
  }
  const skipped = Math.max(0, total - committed);
  return { updated: committed, skipped, method: inDatabase ? "pushdown" : "client" };
}

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

async function rangesOf(table: ResolvedTable, { inOwnTransaction }: BatchResources) {
  const { rows: [counted] } = await inOwnTransaction((session) =>
    session.query<[string]>(`measure ${table.displayName}`, countBlocksStatement(table))
  );
  const blocks = Number(counted![0]);
  return Array.from({ length: Math.ceil(blocks / BATCH_BLOCKS) }, (_, i): BlockRange => {
    return { from: i * BATCH_BLOCKS, to: (i + 1) * BATCH_BLOCKS };
  });
}

/** All rows, and that some are left, where a sample shows it; undefined where it takes a whole look. */
async function firstLook(
  table: ResolvedTable,
  sdk: TokenSdk,
  { inOwnTransaction }: BatchResources,
): Promise<[total: number, left: number] | undefined> {
  const action = `look for values in ${table.displayName}`;
  return await inOwnTransaction(async (session) => {
    const sample = await session.query<[boolean]>(action, anyInSampleStatement(table, sdk.pattern));
    if (!sample.rows[0]![0]) return undefined;
    const { rows: [all] } = await session.query<[string]>(action, countAllStatement(table));
    return [Number(all![0]), Infinity];
  });
}

async function countRows(
  table: ResolvedTable,
  sdk: TokenSdk,
  { inOwnTransaction }: BatchResources,
) {
  const { rows: [counted] } = await inOwnTransaction((session) =>
    session.query<CountRow>(
      `count the rows of ${table.displayName}`,
      countRowsStatement(table, sdk.pattern),
    )
  );
  return counted!.map(Number) as [total: number, left: number];
}

function outrun(table: ResolvedTable): ServiceError {
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
