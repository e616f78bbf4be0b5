/** Rewrites a table with one UPDATE on the warehouse, by the SDK's own SQL expression. */
import { ServiceError } from "../../../errors.ts";
import type { Counts, Method } from "../../platform.ts";
import { countText } from "./count_rows.ts";
import { retryFromRead } from "./retry_write.ts";
import { updateInPlaceStatement } from "../sql/update_in_place.ts";
import type { TableWriter } from "./table_writer.ts";
import { actionOn, type Work } from "./work.ts";

/** Rewrites every row with a selected text; `token` gives the SQL of its token. Throws a `ServiceError`. */
export async function rewriteInWarehouse(
  work: Work,
  writer: TableWriter,
  token: (operand: string) => string,
): Promise<Counts & { method: Method }> {
  const { table, conversion, run } = work;
  const statement = updateInPlaceStatement(table, conversion, token);
  try {
    await retryFromRead(actionOn(table), run, () => writer.updated, () => writer.write(statement));
  } catch (error) {
    // the statement does not say which values, and how many
    if (error instanceof ServiceError && error.code === "value_not_text") await countText(work);
    throw error;
  }
  const counts = await writer.conclude();
  const { updated, skipped } = counts;
  if (updated > 0) run.progress({ updated, total: updated + skipped });
  return { ...counts, method: "pushdown" };
}
