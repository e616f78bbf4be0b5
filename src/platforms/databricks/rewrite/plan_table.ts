/** What a plan says of a table: counts, what stands in the way, the method, its cost, what is left. */
import { isObstacle, type Refuse } from "../../obstacles.ts";
import type {
  Estimate,
  PlannedColumn,
  PlannedMethod,
  PlanRequest,
  TablePlan,
} from "../../table_plan.ts";
import { timeTokens } from "../../time_tokens.ts";
import { findResidue } from "../residue/find_residue.ts";
import { describeDetailStatement, type DetailRow } from "../sql/describe_detail.ts";
import { type DescribeValuesRow, describeValuesStatement } from "../sql/describe_values.ts";
import { countText } from "./count_rows.ts";
import { countLookalikes, tryRun } from "./dry_run.ts";
import { estimateRun } from "./estimate.ts";
import { sampleForms, sampleShapes } from "./sample_table.ts";
import { type Pushdown, tokenSqlFor } from "./token_sql.ts";
import type { Work } from "./work.ts";

interface Described {
  readonly row: DescribeValuesRow;
  readonly scanMs: number;
}

/**
 * Makes the plan. `checkTokens` throws if a column is too short for its tokens. What stands in the way goes
 * to the run's `onObstacle`. Throws what ends the search.
 */
export async function planTable(
  work: Work,
  pushdown: Pushdown,
  request: PlanRequest,
  checkTokens: () => Promise<void>,
): Promise<TablePlan> {
  const described = await describeValues(work, request);
  const { row: { total: rows, selected: toChange } } = described;
  const { onObstacle } = work.run;
  await attempt(onObstacle, checkTokens);
  await attempt(onObstacle, () => countText(work));
  await attempt(onObstacle, () => tryRun(work, pushdown, toChange));
  const { session, table } = work;
  const left = { updated: toChange, scrub: false };
  return {
    rows,
    toChange,
    columns: await planColumns(work, request, described),
    methods: planMethods(work, pushdown),
    estimate: toChange === 0 ? undefined : await estimate(work, pushdown, described),
    residue: toChange === 0 ? [] : await findResidue(session, table, left),
  };
}

async function describeValues(work: Work, { kinds }: PlanRequest): Promise<Described> {
  const { session, table, conversion } = work;
  const startedMs = performance.now();
  const [row] = await session.query<DescribeValuesRow>(
    `count the rows of ${table.displayName}`,
    describeValuesStatement(table, conversion.selects, kinds),
  );
  return { row: row!, scanMs: performance.now() - startedMs };
}

async function planColumns(
  work: Work,
  { showShapes }: PlanRequest,
  { row }: Described,
): Promise<PlannedColumn[]> {
  const { table, conversion: { audit } } = work;
  const forms = row.selected === 0 ? undefined : await quietly(() => sampleForms(work));
  const shapes = showShapes ? await quietly(() => sampleShapes(work)) : undefined;
  const columns: PlannedColumn[] = [];
  for (const [i, column] of table.columns.entries()) {
    const tokens = {
      own: row[`own${i}`] ?? 0,
      otherKey: row[`other_key${i}`] ?? 0,
      otherSdk: row[`other_sdk${i}`] ?? 0,
    };
    const one = { ...work, table: { ...table, columns: [column] } };
    const lookalikes = tokens.own + tokens.otherKey === 0
      ? 0
      : audit && await quietly(() => countLookalikes(one, audit));
    columns.push({
      name: column.name,
      type: column.type,
      nulls: row[`nulls${i}`] ?? 0,
      toChange: row[`values${i}`] ?? 0,
      tokens: { ...tokens, lookalikes },
      forms: forms?.[i],
      shapes: shapes?.[i],
    });
  }
  return columns;
}

function planMethods(work: Work, pushdown: Pushdown): PlannedMethod[] {
  const isPushedDown = tokenSqlFor(work, pushdown) !== undefined;
  const chosen = { isChosen: true, reason: undefined };
  const notChosen = (reason: string) => ({ isChosen: false, reason });
  const methods: PlannedMethod[] = [
    {
      method: "pushdown",
      ...(isPushedDown ? chosen : notChosen(reasonAgainstPushdown(work, pushdown))),
    },
    {
      method: "client",
      ...(isPushedDown ? notChosen("it would be slower") : chosen),
    },
    { method: "rewrite", ...notChosen("an UPDATE of a Delta table rewrites whole files already") },
  ];
  return methods.sort((one, other) => Number(other.isChosen) - Number(one.isChosen));
}

function reasonAgainstPushdown({ conversion }: Work, { pushdown }: Pushdown): string {
  if (!pushdown) return "it is off (PUSHDOWN)";
  return conversion.keyedSql === undefined
    ? "only this program can make the SDK's tokens"
    : "the warehouse has no key: set DBX_SECRET_SCOPE";
}

async function estimate(
  work: Work,
  pushdown: Pushdown,
  { row, scanMs }: Described,
): Promise<Estimate> {
  const { session, table, conversion } = work;
  const sum = (of: "values" | "bytes" | "distinct") =>
    table.columns.reduce((total, _, i) => total + Number(row[`${of}${i}`] ?? 0), 0);
  const valuesToChange = sum("values");
  const meanValueBytes = sum("bytes") / valuesToChange;
  const isPushedDown = tokenSqlFor(work, pushdown) !== undefined;
  const cost = await quietly(() => timeTokens(table, conversion, meanValueBytes));
  const detail = table.isDelta
    ? await quietly(() =>
      session.query<DetailRow>(`measure ${table.displayName}`, describeDetailStatement(table))
    )
    : undefined;
  const size = detail?.[0]?.sizeInBytes ?? undefined;
  return estimateRun({
    isPushedDown,
    rows: row.total,
    toChange: row.selected,
    valuesToChange,
    differentValues: sum("distinct"),
    scanMs,
    tokenMs: isPushedDown ? 0 : cost?.msPerValue ?? 0,
    sizeBytes: size === undefined ? undefined : Number(size),
    meanValueBytes,
    meanTokenBytes: cost?.meanBytes ?? conversion.maxLength(meanValueBytes),
  });
}

/** The result of `check`; what refuses the run is given to `onObstacle`, if there is one. */
async function attempt<T>(
  onObstacle: Refuse | undefined,
  check: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    if (onObstacle === undefined || !isObstacle(error)) throw error;
    onObstacle(error);
    return undefined;
  }
}

/** The result of what only adds to the plan; undefined if it cannot be had. */
function quietly<T>(find: () => Promise<T>): Promise<T | undefined> {
  return attempt(() => {}, find);
}
