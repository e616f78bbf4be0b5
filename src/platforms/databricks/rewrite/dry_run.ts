/**
 * What a run would do, and what would refuse it, without a write. The warehouse analyses the statement of
 * the run, which finds missing rights and what the engine cannot write; and it counts the rows that CHECK
 * constraints would refuse.
 */
import { ServiceError } from "../../../errors.ts";
import { throwObstacle } from "../../obstacles.ts";
import type { Counts } from "../../platform.ts";
import type { Conversion } from "../../../tokens/conversion.ts";
import { fromStatement } from "../connection/statement_errors.ts";
import { findConstraints } from "../lookup/find_constraints.ts";
import { countViolationsStatement, type ViolationsRow } from "../sql/count_violations.ts";
import { explainStatement, planError, type PlanRow } from "../sql/explain.ts";
import { updatedRows, updateInPlaceStatement } from "../sql/update_in_place.ts";
import { mergedRows, writeTokensStatement } from "../sql/write_tokens.ts";
import type { CheckConstraint } from "../table.ts";
import { type BatchKeys, prepareKeys } from "./batch_keys.ts";
import { countText } from "./count_rows.ts";
import { retryFromRead } from "./retry_write.ts";
import { type Pushdown, type TokenSql, tokenSqlFor } from "./token_sql.ts";
import { type ValueBatch, valueBatches, valueBatchesToWrite } from "./value_batches.ts";
import { actionOn, type Work } from "./work.ts";

/** What is known of the batches of a run. */
type BatchCounts = Pick<ValueBatch, "rows" | "lookalikes">;

/**
 * Counts what a run would change. If only the SDK can tell, or the tokens have to be checked, every text is
 * read and given to it. Throws what the run would throw, as far as that can be known.
 */
export async function previewRun(work: Work, pushdown: Pushdown): Promise<Counts> {
  const { total, foreign, selected } = await countText(work);
  const { canReject, audit } = work.conversion;
  const tried = await tryRun(work, pushdown, selected);
  if (tried !== undefined && canReject) {
    const { rows, lookalikes } = tried;
    return { updated: rows, skipped: total - rows, foreign, lookalikes };
  }
  const counts = { updated: selected, skipped: total - selected, foreign };
  if (canReject) return { ...counts, lookalikes: 0 };
  if (audit === undefined) return counts;
  return { ...counts, lookalikes: await countLookalikes(work, audit) };
}

/**
 * Has the warehouse analyse the statements of a run, which would change `selected` rows. Throws what the run
 * would throw; with the run's `onObstacle`, every constraint that refuses tokens is noted. Gives what the
 * batches would change, if there would be any.
 */
export async function tryRun(
  work: Work,
  pushdown: Pushdown,
  selected: number,
): Promise<BatchCounts | undefined> {
  const constraints = selected === 0 ? [] : await findConstraints(work.session, work.table);
  const prepare = tokenSqlFor(work, pushdown);
  if (prepare !== undefined) await tryUpdate(work, constraints, prepare);
  else if (selected > 0) return await tryMerges(work, constraints);
  return undefined;
}

/** Tries the UPDATE of a run. It also finds a key of the warehouse that is not the SDK's. */
function tryUpdate(
  work: Work,
  constraints: readonly CheckConstraint[],
  prepare: () => Promise<TokenSql>,
): Promise<void> {
  const { session, table, conversion, run } = work;
  const action = actionOn(table);
  return retryFromRead(action, run, () => 0, async () => {
    const { token, within } = await prepare();
    const explain = explainStatement(updateInPlaceStatement(table, conversion, token));
    checkPlan(work, await session.queryWithin<PlanRow>(within, action, explain));
    if (constraints.length === 0) return;
    const rows = updatedRows(table, conversion, token);
    const statement = countViolationsStatement(constraints, rows);
    const [counts] = await session.queryWithin<ViolationsRow>(within, action, statement);
    checkViolations(work, constraints, counts!);
  });
}

/** Tries the MERGEs of a run; makes the tokens only if that is needed. */
function tryMerges(work: Work, constraints: readonly CheckConstraint[]): Promise<BatchCounts> {
  const { session, table, conversion, run } = work;
  return retryFromRead(actionOn(table), run, () => 0, async () => {
    const keys = await prepareKeys(work);
    const { prepared } = keys;
    const areSealed = keys.seal !== undefined;
    const form = { batch: "'[]'", areSealed };
    const explain = explainStatement(writeTokensStatement(table, conversion.selects, form));
    checkPlan(work, await session.queryWithin<PlanRow>(prepared, actionOn(table), explain));
    if (constraints.length > 0) return await checkBatches(work, constraints, keys);
    return conversion.canReject ? await sumOf(valueBatches(work)) : { rows: 0, lookalikes: 0 };
  });
}

function checkBatches(
  work: Work,
  constraints: readonly CheckConstraint[],
  keys: BatchKeys,
): Promise<BatchCounts> {
  const { session, table, conversion } = work;
  const { prepared, seal } = keys;
  const rows = mergedRows(table, conversion.selects, { areSealed: seal !== undefined });
  const statement = countViolationsStatement(constraints, rows);
  return sumOf(valueBatchesToWrite(work, keys), async ({ batch }) => {
    if (batch === undefined) return;
    const [counts] = await session.queryWithin<ViolationsRow>(
      prepared,
      actionOn(table),
      statement,
      { batch },
    );
    checkViolations(work, constraints, counts!);
  });
}

/** Has the SDK try its tokens in the columns of the table. */
export async function countLookalikes(
  work: Work,
  audit: NonNullable<Conversion["audit"]>,
): Promise<number> {
  const pass = { ...work, conversion: audit };
  const count = () => sumOf(valueBatches(pass));
  return (await retryFromRead(actionOn(work.table), work.run, () => 0, count)).lookalikes;
}

async function sumOf(
  batches: AsyncIterable<ValueBatch>,
  check: (batch: ValueBatch) => Promise<void> = () => Promise.resolve(),
): Promise<BatchCounts> {
  let [rows, lookalikes] = [0, 0];
  for await (const batch of batches) {
    await check(batch);
    rows += batch.rows;
    lookalikes += batch.lookalikes;
  }
  return { rows, lookalikes };
}

/** Throws what the statement that was explained would fail with. */
function checkPlan({ table }: Work, plan: readonly PlanRow[]): void {
  const error = planError(plan);
  if (error !== undefined) throw fromStatement(actionOn(table), error, undefined);
}

function checkViolations(
  { table, run }: Work,
  constraints: readonly CheckConstraint[],
  counts: ViolationsRow,
): void {
  for (const { name } of constraints.filter((_, i) => (counts[`c${i}`] ?? 0) > 0)) {
    const reason = `a constraint refuses the tokens (constraint "${name}")`;
    const facts = { constraint: name };
    const { onObstacle = throwObstacle } = run;
    onObstacle(
      new ServiceError("constraint_violation", `Cannot ${actionOn(table)}: ${reason}`, facts),
    );
  }
}
