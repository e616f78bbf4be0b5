/** A table of one run, inside its transaction: counts it, or rewrites it. */
import { ServiceError } from "../../../errors.ts";
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts, Method, RunContext, TableSession } from "../../platform.ts";
import { checkLengths } from "../../check_lengths.ts";
import { bulkPass } from "./bulk_pass.ts";
import type { TargetTable } from "../table.ts";
import { anyInSample, countAll, countRows } from "./count_table.ts";
import { findCommittedResidue, findResidue } from "../residue/find_residue.ts";
import { type BatchResources, rewriteInBatches } from "./rewrite_in_batches.ts";
import {
  LARGE_TABLE_BYTES,
  rewriteInClient,
  type WithSnapshotReader,
} from "./rewrite_in_client.ts";
import { rewriteInDatabase } from "./rewrite_in_database.ts";
import { rewriteWholeTable } from "./rewrite_whole_table.ts";
import type { AfterCommit } from "../residue/scrub.ts";
import type { Session } from "../connection/session.ts";
import { longestValuesStatement } from "../sql/longest_values.ts";

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
  table: TargetTable,
  run: RunContext,
  { pushdown, checkUnaltered, withSnapshotReader, afterCommit }: TableOptions,
): TableSession {
  const countBeside = async (conversion: Conversion) => {
    // a large table through a connection of its own, while the work goes on
    const beside = table.sizeBytes < LARGE_TABLE_BYTES ? undefined : await withSnapshotReader(
      async (reader) => reader && await countAll(reader, table, conversion),
    ).catch(() => undefined);
    return beside ?? await countAll(session, table, conversion);
  };
  const rewrite = async (conversion: Conversion): Promise<Counts & { method: Method }> => {
    if (run.strategy === "rewrite") {
      return await rewriteWholeTable(session, table, conversion, checkUnaltered);
    }
    const inDatabase = !table.canReadCtid ||
      (pushdown && conversion.sqlExpression !== undefined);
    const nothing = table.sizeBytes >= LARGE_TABLE_BYTES &&
      await nothingToDo(session, table, conversion);
    if (nothing) return { ...nothing, method: inDatabase ? "pushdown" : "client" };
    const counting = () => countBeside(conversion);
    if (inDatabase) {
      const done = await rewriteInDatabase(session, table, conversion, counting);
      if (table.triggers.length > 0) await checkNothingLeft(session, table, conversion, 0);
      return done;
    }
    const resources = { withSnapshotReader, countBeside: counting };
    const { heldRows, ...done } = await rewriteInClient(
      session,
      table,
      conversion,
      run,
      resources,
    );
    if (table.triggers.length > 0) await checkNothingLeft(session, table, conversion, heldRows);
    return done;
  };
  return {
    table: table.displayName,
    platformInstance: table.platformInstance,
    columns: table.columns.map(({ name }) => name),
    async count(conversion) {
      await checkTokenLengths(session, table, conversion);
      return await preview(session, table, conversion, run);
    },
    async rewrite(conversion) {
      await checkTokenLengths(session, table, conversion);
      const done = await rewrite(conversion);
      if (done.updated > 0) await checkUnaltered();
      return done;
    },
    residue: ({ selects }, updated) => {
      const anew = run.strategy === "rewrite" && updated > 0;
      const rewritten = { table, selects, scrub: run.scrub, updated, anew };
      return findResidue(session, rewritten, afterCommit);
    },
  };
}

/** What a run would do. Where only the SDK can tell, it is asked, and nothing is written. */
async function preview(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
  run: RunContext,
): Promise<Counts> {
  const counts = await countRows(session, table, conversion);
  const tried = conversion.canReject ? conversion : conversion.audit;
  if (tried === undefined) return counts;
  const { updated, lookalikes } = await bulkPass(
    { reader: session, writer: undefined },
    table,
    tried,
    run,
  );
  if (!conversion.canReject) return { ...counts, lookalikes };
  const skipped = counts.updated + counts.skipped - updated;
  return { updated, skipped, foreign: counts.foreign, lookalikes };
}

/** Opens the table for a run of many transactions, each of which commits. */
export function postgresTableInBatches(
  table: TargetTable,
  run: RunContext,
  resources: BatchResources,
  afterCommit: AfterCommit,
): TableSession {
  const { inOwnTransaction } = resources;
  return {
    table: table.displayName,
    platformInstance: table.platformInstance,
    columns: table.columns.map(({ name }) => name),
    count: (conversion) => inOwnTransaction((own) => preview(own, table, conversion, run)),
    async rewrite(conversion) {
      await inOwnTransaction((session) => checkTokenLengths(session, table, conversion));
      return await rewriteInBatches(table, conversion, run, resources);
    },
    residue({ selects }, updated) {
      const rewritten = { table, selects, scrub: run.scrub, updated, anew: false };
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
  table: TargetTable,
  conversion: Conversion,
): Promise<Counts | undefined> {
  if (await anyInSample(session, table, conversion)) return undefined;
  const counts = await countRows(session, table, conversion);
  return counts.updated === 0 ? counts : undefined;
}

/** Refuses a column too short for its tokens before the first row is written. */
function checkTokenLengths(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
): Promise<void> {
  return checkLengths(table, conversion, async (limited) => {
    const names = limited.map(({ name }) => name);
    const { rows: [longestBytes] } = await session.query<(number | null)[]>(
      `measure the values of ${table.displayName}`,
      longestValuesStatement(table, names, conversion.selects),
    );
    return longestBytes!;
  });
}

/** A trigger can undo what was written; then the run must not pass for done. */
async function checkNothingLeft(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
  heldRows: number,
): Promise<void> {
  const left = (await countRows(session, table, conversion)).updated - heldRows;
  if (left <= 0) return;
  throw new ServiceError(
    "table_not_supported",
    `Cannot tokenize ${table.displayName}: ${left} rows hold values after the run, do its triggers put them back?`,
  );
}
