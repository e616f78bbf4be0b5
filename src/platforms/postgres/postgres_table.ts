/** A table of one run, inside its transaction: counts it, or rewrites it. */
import { ServiceError } from "../../errors.ts";
import type { TokenSdk } from "../../tokens/token_sdk.ts";
import type { Counts, RunContext, TableSession } from "../platform.ts";
import { tooLong } from "../token_batch.ts";
import type { CheckedTable } from "./check_table.ts";
import { findCommittedResidue, findResidue } from "./residue.ts";
import type { ResolvedTable } from "./resolve_table.ts";
import { type BatchResources, rewriteInBatches } from "./rewrite_in_batches.ts";
import {
  LARGE_TABLE_BYTES,
  rewriteInClient,
  type WithSnapshotReader,
} from "./rewrite_in_client.ts";
import { rewriteInDatabase } from "./rewrite_in_database.ts";
import { rewriteWholeTable } from "./rewrite_whole_table.ts";
import type { AfterCommit } from "./scrub.ts";
import type { Session } from "./session.ts";
import { anyInSampleStatement, type CountRow, countRowsStatement } from "./sql/count_rows.ts";
import { longestValuesStatement } from "./sql/longest_values.ts";

/** How the table may be rewritten. */
export interface TableOptions {
  /** Whether the database may make the tokens, where the SDK has an SQL expression. */
  readonly pushdown: boolean;
  /** Throws `conflict` where the table is no longer what was looked up. */
  readonly checkUnaltered: () => Promise<void>;
  readonly withSnapshotReader: WithSnapshotReader;
  readonly afterCommit: AfterCommit;
}

/** Opens the table for the rest of the transaction that `session` is in. */
export function postgresTable(
  session: Session,
  table: ResolvedTable,
  run: RunContext,
  { pushdown, checkUnaltered, withSnapshotReader, afterCommit }: TableOptions,
): TableSession {
  const rewrite = async (sdk: TokenSdk) => {
    if (run.strategy === "rewrite") return await rewriteWholeTable(session, table, sdk);
    const inDatabase = !table.canReadAddress || (pushdown && sdk.sqlExpression !== undefined);
    const nothing = table.sizeBytes >= LARGE_TABLE_BYTES && await nothingToDo(session, table, sdk);
    if (nothing) return { ...nothing, method: inDatabase ? "pushdown" : "client" } as const;
    const done = inDatabase
      ? await rewriteInDatabase(session, table, sdk)
      : await rewriteInClient(session, table, sdk, run, withSnapshotReader);
    if (table.triggers.length > 0) await checkNothingLeft(session, table, sdk);
    return done;
  };
  return {
    table: table.displayName,
    platformInstance: table.platformInstance,
    columns: table.columns.map(({ name }) => name),
    async count(sdk) {
      await checkLengths(session, table, sdk);
      return await countRows(session, table, sdk);
    },
    async rewrite(sdk) {
      await checkLengths(session, table, sdk);
      const done = await rewrite(sdk);
      if (done.updated > 0) await checkUnaltered();
      return done;
    },
    residue: ({ pattern }, updated) => {
      const anew = run.strategy === "rewrite" && updated > 0;
      const rewritten = { table, pattern, scrub: run.scrub, updated, anew };
      return findResidue(session, rewritten, afterCommit);
    },
  };
}

/** Opens the table for a run of many transactions, each of which commits. */
export function postgresTableInBatches(
  table: ResolvedTable,
  run: RunContext,
  resources: BatchResources,
  afterCommit: AfterCommit,
): TableSession {
  const { inOwnTransaction } = resources;
  return {
    table: table.displayName,
    platformInstance: table.platformInstance,
    columns: table.columns.map(({ name }) => name),
    count: (sdk) => inOwnTransaction((session) => countRows(session, table, sdk)),
    async rewrite(sdk) {
      await inOwnTransaction((session) => checkLengths(session, table, sdk));
      return await rewriteInBatches(table, sdk, run, resources);
    },
    residue({ pattern }, updated) {
      const rewritten = { table, pattern, scrub: run.scrub, updated, anew: false };
      return findCommittedResidue(inOwnTransaction, rewritten, afterCommit);
    },
  };
}

/**
 * The counts of a run that finds nothing to do; undefined where there is something. Several workers
 * count, where a cursor or an UPDATE reads the table all by itself; so it pays on a large table, if a
 * sample gives reason to believe that all is done.
 */
async function nothingToDo(
  session: Session,
  table: CheckedTable,
  sdk: TokenSdk,
): Promise<Counts | undefined> {
  const action = `look for values in ${table.displayName}`;
  const sample = await session.query<[boolean]>(action, anyInSampleStatement(table, sdk.pattern));
  if (sample.rows[0]![0]) return undefined;
  const counts = await countRows(session, table, sdk);
  return counts.updated === 0 ? counts : undefined;
}

async function countRows(session: Session, table: CheckedTable, sdk: TokenSdk): Promise<Counts> {
  const { rows: [counted] } = await session.query<CountRow>(
    `count the rows of ${table.displayName}`,
    countRowsStatement(table, sdk.pattern),
  );
  const [total, untokenized] = counted!.map(Number) as [number, number];
  return { updated: untokenized, skipped: total - untokenized };
}

/** Refuses a column too short for its tokens before the first row is written. */
async function checkLengths(session: Session, table: CheckedTable, sdk: TokenSdk): Promise<void> {
  const limited = table.columns.filter(({ maxLength }) => maxLength !== null);
  if (limited.length === 0) return;
  const names = limited.map(({ name }) => name);
  const { rows: [longest] } = await session.query<(number | null)[]>(
    `measure the values of ${table.displayName}`,
    longestValuesStatement(table, names, sdk.pattern),
  );
  limited.forEach(({ name, maxLength }, i) => {
    const bytes = longest![i];
    if (bytes === null || bytes === undefined) return;
    const needed = sdk.maxTokenLength(bytes);
    if (needed > maxLength!) throw tooLong(table, name, maxLength!, needed);
  });
}

/** A trigger can undo what was written; then the run must not pass for done. */
async function checkNothingLeft(
  session: Session,
  table: CheckedTable,
  sdk: TokenSdk,
): Promise<void> {
  const { updated: left } = await countRows(session, table, sdk);
  if (left === 0) return;
  throw new ServiceError(
    "table_not_supported",
    `Cannot tokenize ${table.displayName}: ${left} rows hold values after the run, do its triggers put them back?`,
  );
}
