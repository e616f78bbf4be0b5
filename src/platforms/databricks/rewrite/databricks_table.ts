/** The table of one run: counts it or rewrites it, and reports what is left of the old values. */
import { counted } from "../../../counted.ts";
import { ServiceError, toServiceError } from "../../../errors.ts";
import type { Method } from "../../methods.ts";
import type { Counts, RunContext, TableSession } from "../../platform.ts";
import { checkLengths } from "../../check_lengths.ts";
import type { CheckedTable } from "../table.ts";
import { findResidue } from "../residue/find_residue.ts";
import { previewRun } from "./dry_run.ts";
import { planTable } from "./plan_table.ts";
import { rewriteInClient } from "./rewrite_in_client.ts";
import { rewriteInWarehouse } from "./rewrite_in_warehouse.ts";
import type { Session } from "../connection/session.ts";
import { type LongestValuesRow, longestValuesStatement } from "../sql/longest_values.ts";
import { countRows } from "./count_rows.ts";
import { sampleForms } from "./sample_table.ts";
import { TableWriter } from "./table_writer.ts";
import { type Pushdown, tokenSqlFor } from "./token_sql.ts";
import type { Work } from "./work.ts";

/** How long the count of what is left may take once a run was ended. */
const LAST_COUNT_TIMEOUT_MS = 10_000;

/** The table session of one run, valid as long as `session` is open. */
export function databricksTable(
  session: Session,
  table: CheckedTable,
  platformInstance: string,
  run: RunContext,
  pushdown: Pushdown,
): TableSession {
  return {
    table: table.displayName,
    platformInstance,
    path: table.path,
    columns: table.columns.map(({ name }) => name),
    async count(conversion) {
      const work = { session, table, conversion, run };
      await checkTokenLengths(work);
      return await previewRun(work, pushdown);
    },
    plan(request) {
      const work = { session, table, conversion: request.conversion, run };
      const checkTokens = () => checkTokenLengths(work);
      return planTable(work, pushdown, request, checkTokens);
    },
    forms: (conversion) => sampleForms({ session, table, conversion, run }),
    async rewrite(conversion) {
      const work = { session, table, conversion, run };
      await checkTokenLengths(work);
      return await rewrite(work, pushdown);
    },
    async residue(_conversion, updated) {
      return { places: await findResidue(session, table, { updated, scrub: run.scrub }) };
    },
  };
}

async function rewrite(work: Work, pushdown: Pushdown): Promise<Counts & { method: Method }> {
  const writer = new TableWriter(work);
  // one statement keeps no rate
  const prepare = work.run.rowsPerSecond === undefined ? tokenSqlFor(work, pushdown) : undefined;
  work.run.throttle.allow(prepare === undefined ? ["rows_per_second", "paused"] : []);
  try {
    return prepare !== undefined
      ? await rewriteInWarehouse(work, writer, prepare)
      : await rewriteInClient(work, writer);
  } catch (error) {
    throw await withWhatIsDone(toServiceError(error), writer, work);
  }
}

/** Refuses a column too short for its tokens before the first row is written. */
function checkTokenLengths({ session, table, conversion, run }: Work): Promise<void> {
  return checkLengths(table, conversion, async (limited) => {
    const [longest] = await session.query<LongestValuesRow>(
      `measure the values of ${table.displayName}`,
      longestValuesStatement(table, limited, conversion.selects),
    );
    return limited.map((_, i) => longest![`c${i}`] ?? null);
  }, run.onObstacle);
}

/** Statements are committed one by one, so a failure must say what stays. */
async function withWhatIsDone(
  error: ServiceError,
  { updated, isInDoubt }: TableWriter,
  work: Work,
): Promise<ServiceError> {
  if (updated === 0 && !isInDoubt) return error;
  const facts = [
    updated > 0
      ? counted(updated, "row was written before and stays", "rows were written before and stay")
      : "",
    isInDoubt ? "whether the last write was done is not known" : "",
    work.run.signal.aborted ? await countLeft(work) : "",
  ];
  const known = facts.filter(Boolean).join(", ");
  return new ServiceError(
    error.code,
    `${error.message}; ${known}: run it again for the rest`,
    error.facts,
  );
}

/** How many rows are left, counted in a session of its own, since that of an ended run is ended. */
async function countLeft(work: Work): Promise<string> {
  try {
    const session = await work.session.another(AbortSignal.timeout(LAST_COUNT_TIMEOUT_MS));
    try {
      const { selected } = await countRows({ ...work, session });
      return counted(selected, "is left", "are left");
    } finally {
      await session.close();
    }
  } catch {
    return "how many are left could not be counted";
  }
}
