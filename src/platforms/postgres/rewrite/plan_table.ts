/** What a plan says of a table: counts, what stands in the way, the method, its cost, what is left. */
import type { ServiceError } from "../../../errors.ts";
import type { FormCounts } from "../../forms.ts";
import type { Estimate, PlannedColumn, PlanRequest, TablePlan } from "../../table_plan.ts";
import { timeTokens } from "../../time_tokens.ts";
import type { Session } from "../connection/session.ts";
import { expectResidue } from "../residue/expect_residue.ts";
import { uncheckedPlaces } from "../residue/residue_places.ts";
import {
  type DescribeValuesRow,
  describeValuesStatement,
  NUMBERS_A_COLUMN,
} from "../sql/describe_values.ts";
import { type TableSizesRow, tableSizesStatement } from "../sql/table_sizes.ts";
import { attempt } from "./attempt.ts";
import { bulkPass } from "./bulk_pass.ts";
import { checkConditions } from "./check_conditions.ts";
import { countAndCheckRows } from "./count_table.ts";
import { estimateRun } from "./estimate.ts";
import { countInvalidTexts } from "./name_invalid_texts.ts";
import { methodOf, planMethods } from "./plan_methods.ts";
import { type SampledColumn, sampleForms, sampleShapes } from "./sample_table.ts";
import type { Work } from "./work.ts";

/** The numbers of one column. */
interface ColumnCounts {
  readonly nulls: number;
  readonly toChange: number;
  readonly own: number;
  readonly otherKey: number;
  readonly otherSdk: number;
}

interface TableCounts {
  readonly rows: number;
  readonly toChange: number;
  readonly columns: readonly ColumnCounts[];
  readonly scanMs: number;
}

/**
 * Makes the plan within a transaction that only reads. `checkMethod` throws what the method of the run
 * would. What stands in the way goes to the run's `onObstacle`. Throws what ends the search.
 */
export async function planTable(
  session: Session,
  work: Work,
  request: PlanRequest,
  checkMethod: () => Promise<void>,
): Promise<TablePlan> {
  const counts = await describeValues(session, work, request);
  await findObstacles(session, work, counts, checkMethod);
  const sampled = counts.toChange === 0
    ? undefined
    : await quietly(session, work, () => sampleForms(session, work.table, work.conversion));
  const methods = await planMethods(session, work);
  return {
    rows: counts.rows,
    toChange: counts.toChange,
    columns: await planColumns(session, work, request, counts, sampled),
    methods,
    estimate: counts.toChange === 0 ? undefined : await estimate(session, work, counts, sampled),
    residue: counts.toChange === 0
      ? []
      : await quietly(session, work, () => residue(session, work, counts)) ??
        uncheckedPlaces(),
  };
}

async function describeValues(
  session: Session,
  { table, conversion }: Work,
  { kinds }: PlanRequest,
): Promise<TableCounts> {
  const startedMs = performance.now();
  const { rows: [row] } = await session.query<DescribeValuesRow>(
    `count the rows of ${table.displayName}`,
    describeValuesStatement(table, conversion.selects, kinds),
  );
  const scanMs = performance.now() - startedMs;
  const [rows, toChange, ...ofColumns] = row!.map(Number);
  const columns = table.columns.map((_, i) => {
    const numbers = ofColumns.slice(i * NUMBERS_A_COLUMN, (i + 1) * NUMBERS_A_COLUMN);
    const [nulls, toChange, own, otherKey, otherSdk] = numbers as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { nulls, toChange, own, otherKey, otherSdk };
  });
  return { rows: rows!, toChange: toChange!, columns, scanMs };
}

/** The same checks as those of a dry run, each on its own. */
async function findObstacles(
  session: Session,
  work: Work,
  { toChange }: TableCounts,
  checkMethod: () => Promise<void>,
): Promise<void> {
  const { onObstacle } = work.run.context;
  await attempt(session, work.table, onObstacle, checkMethod);
  let notText: ServiceError | undefined;
  const note = (obstacle: ServiceError) => {
    if (obstacle.code === "value_not_text") notText = obstacle;
    else onObstacle?.(obstacle);
  };
  await attempt(session, work.table, note, () => countAndCheckRows(session, work));
  if (notText !== undefined) {
    onObstacle?.(await countInvalidTexts(work.run).catch(() => undefined) ?? notText);
  }
  if (toChange === 0) return;
  const scope = { carriedOnly: false, withVolatile: true };
  await attempt(session, work.table, onObstacle, () => checkConditions(session, work, scope));
}

async function planColumns(
  session: Session,
  work: Work,
  { showShapes }: PlanRequest,
  counts: TableCounts,
  sampled: readonly FormCounts[] | undefined,
): Promise<PlannedColumn[]> {
  const shapes = showShapes
    ? await quietly(session, work, () => sampleShapes(session, work.table, work.conversion))
    : undefined;
  const columns: PlannedColumn[] = [];
  for (const [i, column] of work.table.columns.entries()) {
    const { nulls, toChange, own, otherKey, otherSdk } = counts.columns[i]!;
    const forms = sampled?.[i];
    const lookalikes = own + otherKey === 0
      ? 0
      : await quietly(session, work, () => countLookalikes(session, work, i));
    columns.push({
      name: column.name,
      type: column.type,
      nulls,
      toChange,
      tokens: { own, otherKey, otherSdk, lookalikes },
      forms: forms && { sampled: forms.sampled, forms: forms.forms },
      shapes: shapes?.[i],
    });
  }
  return columns;
}

/** Has the SDK try the column's tokens; undefined if it cannot tell. */
async function countLookalikes(
  session: Session,
  work: Work,
  column: number,
): Promise<number | undefined> {
  const { table, conversion: { audit } } = work;
  if (audit === undefined) return undefined;
  const columns = [table.columns[column]!];
  const sessions = { reader: session, writer: undefined };
  const pass = { ...work, table: { ...table, columns }, conversion: audit };
  const { lookalikes } = await bulkPass(sessions, pass);
  return lookalikes;
}

async function estimate(
  session: Session,
  work: Work,
  { rows, toChange, columns, scanMs }: TableCounts,
  sampled: readonly SampledColumn[] | undefined,
): Promise<Estimate | undefined> {
  const { table, conversion } = work;
  const { rows: [sizes] } = await session.query<TableSizesRow>(
    `measure ${table.displayName}`,
    tableSizesStatement(),
    [String(table.oid)],
  );
  const [heapBytes, indexBytes, indexCount] = sizes!.map(Number) as [number, number, number];
  const valuesToChange = columns.reduce((sum, column) => sum + column.toChange, 0);
  const bytes = columns.reduce(
    (sum, { toChange }, i) => sum + toChange * (sampled?.[i]?.meanBytes ?? 0),
    0,
  );
  const meanBytes = bytes / valuesToChange;
  const cost = await quietly(session, work, () => timeTokens(table, conversion, meanBytes));
  const tokenBytes = cost?.meanBytes ?? conversion.maxLength(meanBytes);
  const method = methodOf(work);
  return estimateRun({
    method,
    rows,
    toChange,
    valuesToChange,
    scanMs,
    tokenMs: method === "client" ? cost?.msPerValue ?? 0 : 0,
    heapBytes,
    indexBytes,
    indexCount,
    growthBytes: (tokenBytes - meanBytes) * valuesToChange / toChange,
  });
}

function residue(session: Session, work: Work, { toChange: updated }: TableCounts) {
  const { run: { context: { scrub, strategy } }, table, conversion: { selects } } = work;
  return expectResidue(session, {
    table,
    selects,
    scrub,
    updated,
    rebuilt: strategy === "rewrite",
  });
}

/** The result of what only adds to the plan; undefined if it cannot be had. */
function quietly<T>(
  session: Session,
  { table }: Work,
  find: () => Promise<T>,
): Promise<T | undefined> {
  return attempt(session, table, () => {}, find);
}
