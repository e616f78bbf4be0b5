/** The table of a run, as the action sees it: counts it, rewrites it, and reports its residue. */
import { ServiceError } from "../../../errors.ts";
import { checkLengths } from "../../check_lengths.ts";
import type { Method } from "../../methods.ts";
import type { Counts, RewriteOutcome, TableSession } from "../../platform.ts";
import type { PlanRequest, TablePlan } from "../../table_plan.ts";
import type { Session } from "../connection/session.ts";
import type { PostgresRun } from "../postgres_run.ts";
import { findCommittedResidue } from "../residue/find_residue.ts";
import { longestValuesStatement } from "../sql/longest_values.ts";
import type { TargetTable } from "../table.ts";
import { bulkPass } from "./bulk_pass.ts";
import { checkConditions, type ConditionScope } from "./check_conditions.ts";
import {
  anyInSample,
  countAndCheckRows,
  countRows,
  countsOf,
  isLarge,
  LARGE_TABLE_BYTES,
  type RowCounts,
} from "./count_table.ts";
import { checkTemporary } from "./pass_at_once.ts";
import type { KnownWork } from "./known_table.ts";
import { namingInvalidTexts } from "./name_invalid_texts.ts";
import { proveDone } from "./prove_done.ts";
import { methodOf } from "./plan_methods.ts";
import { planTable } from "./plan_table.ts";
import { rewriteInBatches } from "./rewrite_in_batches.ts";
import { rewriteInClient } from "./rewrite_in_client.ts";
import { RunEnd } from "./run_end.ts";
import { rewriteInDatabase, tokenExpression } from "./rewrite_in_database.ts";
import { checkRewritable, rewriteWholeTable } from "./rewrite_whole_table.ts";
import { sampleForms } from "./sample_table.ts";
import type { RewriteCounts, Work } from "./work.ts";

/**
 * Opens the table for the rest of the transaction that `session` is in; with `known` for one that the rewriting
 * of it begins.
 */
export function postgresTable(
  session: Session,
  run: PostgresRun,
  table: TargetTable,
  known?: KnownWork,
): TableSession {
  let end: RunEnd | undefined;
  return {
    ...shownNames(table),
    async count(conversion) {
      const work = { run, table, conversion };
      return await run.holding(session, table, () => preview(session, work));
    },
    plan: (request) => planOn(session, { run, table, conversion: request.conversion }, request),
    forms: (conversion) =>
      run.holding(session, table, () => sampleForms(session, table, conversion)),
    async rewrite(conversion) {
      const work = { run, table, conversion };
      const ending = end = new RunEnd(session, work, () => known?.confirmed() ?? Promise.resolve());
      const remember = ({ updated, lookalikes = 0 }: RewriteOutcome) => {
        const expectsNothing = updated + lookalikes === 0;
        run.memory.keep(session, table, { expectsNothing, limitBytes: LARGE_TABLE_BYTES });
      };
      const nothing = known && await nothingToDo(work, known);
      if (nothing !== undefined) {
        remember(nothing);
        return nothing;
      }
      const rewrite = async () => {
        await checkTokenLengths(session, work);
        return await rewriteInTransaction(session, work, ending);
      };
      try {
        // a large table is read through other sessions too
        const outcome = known === undefined
          ? await run.holding(session, table, rewrite, { first: isLarge(table) })
          : await known.holding(rewrite);
        if (outcome.updated > 0) await ending.check(outcome.updated);
        remember(outcome);
        return outcome;
      } finally {
        await ending.settled();
      }
    },
    residue: (conversion, updated) =>
      (end ?? new RunEnd(session, { run, table, conversion })).residue(updated),
  };
}

/** Opens the table for a run in many transactions, each of which commits. */
export function postgresTableInBatches(run: PostgresRun, table: TargetTable): TableSession {
  return {
    ...shownNames(table),
    count: (conversion) =>
      run.inOwnTransactionOn(table, (session) => preview(session, { run, table, conversion })),
    plan: (request) =>
      run.inOwnTransactionOn(table, (session) => {
        const work = { run, table, conversion: request.conversion };
        return planTable(session, work, request, () => checkMethod(session, work));
      }),
    forms: (conversion) =>
      run.inOwnTransactionOn(table, (session) => sampleForms(session, table, conversion)),
    async rewrite(conversion) {
      const work = { run, table, conversion };
      const check = () =>
        run.inOwnTransactionOn(
          table,
          (session) => countAndCheck(session, work, { withVolatile: false }),
        );
      return await rewriteInBatches(work, await namingInvalidTexts(run, check));
    },
    residue({ selects }, updated) {
      const { scrub } = run.context;
      return findCommittedResidue(run, { table, selects, scrub, updated, rebuilt: false });
    },
  };
}

function planOn(session: Session, work: Work, request: PlanRequest): Promise<TablePlan> {
  const plan = () => planTable(session, work, request, () => checkMethod(session, work));
  return work.run.holding(session, work.table, plan);
}

function shownNames({ displayName, platformInstance, path, columns }: TargetTable) {
  return { table: displayName, platformInstance, path, columns: columns.map(({ name }) => name) };
}

/** What a run would do. If only the SDK can tell, it is asked, and nothing is written. */
async function preview(session: Session, work: Work): Promise<Counts> {
  const { conversion } = work;
  const counts = await countAndCheck(session, work, { withVolatile: true });
  const tried = conversion.canReject ? conversion : conversion.audit;
  if (tried === undefined) return countsOf(counts, counts.selected);
  const sessions = { reader: session, writer: undefined };
  const { updated, lookalikes } = await bulkPass(sessions, { ...work, conversion: tried });
  return { ...countsOf(counts, conversion.canReject ? updated : counts.selected), lookalikes };
}

/** Counts the rows, and throws what the run would throw, as far as that is known before it writes. */
async function countAndCheck(
  session: Session,
  work: Work,
  { withVolatile }: Pick<ConditionScope, "withVolatile">,
): Promise<RowCounts> {
  await checkMethod(session, work);
  const counts = await countAndCheckRows(session, work);
  if (counts.selected > 0) {
    await checkConditions(session, work, { carriedOnly: false, withVolatile });
  }
  return counts;
}

/** Throws what the method of the run would throw before it writes. */
async function checkMethod(session: Session, work: Work): Promise<void> {
  const { table } = work;
  const method = methodOf(work);
  if (method === "rewrite") await checkRewritable(session, work);
  if (method === "pushdown") tokenExpression(work);
  if (method === "client") checkTemporary(table);
}

/** The outcome of a run that is known to have nothing to do; undefined if that is not known. */
async function nothingToDo(work: Work, known: KnownWork): Promise<RewriteOutcome | undefined> {
  const { run, conversion } = work;
  const method = methodOf(work);
  if (method === "client") run.context.throttle.allow(["rows_per_second", "paused"]);
  if (method === "pushdown") {
    requireNoRate(work);
    tokenExpression(work);
  }
  const counts = await run.context.clock.time("read", () => known.countIfNothing(work));
  if (counts === undefined) return undefined;
  const lookalikes = method === "client" && conversion.canReject ? { lookalikes: 0 } : {};
  return { ...countsOf(counts, 0), ...lookalikes, method };
}

async function rewriteInTransaction(
  session: Session,
  work: Work,
  end: RunEnd,
): Promise<RewriteOutcome> {
  const { table } = work;
  const method = methodOf(work);
  const nothing = method === "rewrite" ? undefined : await countIfDone(session, work);
  if (nothing !== undefined) return { ...countsOf(nothing, 0), method };
  if (method !== "rewrite" && table.carryingKeys.length > 0) {
    await checkConditions(session, work, { carriedOnly: true, withVolatile: false });
  }
  const { rejectedRows, selectedAtEnd, ...counts } = await rewriteBy(method, session, work, end);
  if (selectedAtEnd > rejectedRows) await end.settled();
  await proveDone(session, work, { rejectedRows, selectedAtEnd });
  return { ...counts, method };
}

function rewriteBy(
  method: Method,
  session: Session,
  work: Work,
  end: RunEnd,
): Promise<RewriteCounts> {
  switch (method) {
    case "client":
      return rewriteInClient(session, work, end);
    case "pushdown":
      requireNoRate(work);
      return rewriteInDatabase(session, work, end);
    case "rewrite":
      work.run.context.throttle.allow([]);
      return rewriteWholeTable(session, work);
  }
}

/** Throws `run_not_adjustable` if one statement is to keep a rate: the role may not read the row addresses. */
function requireNoRate({ run: { context }, table }: Work): void {
  context.throttle.allow([]);
  if (context.rowsPerSecond === undefined) return;
  throw new ServiceError(
    "run_not_adjustable",
    `Cannot tokenize ${table.displayName} at a rate: the role lacks SELECT on its row addresses, so all is ` +
      'one statement; grant SELECT on the table, or use commit "batches"',
  );
}

/**
 * The counts of a table with nothing to do; undefined if there is something. Several workers of the
 * server count, while a cursor or an UPDATE reads the table with one: so it saves time on a large table,
 * if a sample suggests that all is done.
 */
async function countIfDone(session: Session, work: Work): Promise<RowCounts | undefined> {
  if (!isLarge(work.table)) return undefined;
  if (await anyInSample(session, work.table, work.conversion)) return undefined;
  const counts = await countRows(session, work);
  return counts.selected === 0 ? counts : undefined;
}

/** Refuses a column too short for its tokens before the first row is written. */
function checkTokenLengths(session: Session, { table, conversion }: Work): Promise<void> {
  return checkLengths(table, conversion, async (limited) => {
    const names = limited.map(({ name }) => name);
    const { rows: [longestBytes] } = await session.query<(number | null)[]>(
      `measure the values of ${table.displayName}`,
      longestValuesStatement(table, names, conversion.selects),
    );
    return longestBytes!;
  });
}
