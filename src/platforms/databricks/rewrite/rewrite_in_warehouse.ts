/** Rewrites a table with one UPDATE on the warehouse, by the SDK's own SQL expression. */
import { ServiceError } from "../../../errors.ts";
import type { Method } from "../../methods.ts";
import type { Counts } from "../../platform.ts";
import { countText } from "./count_rows.ts";
import { retryFromRead } from "./retry_write.ts";
import { updateInPlaceStatement } from "../sql/update_in_place.ts";
import type { TableWriter } from "./table_writer.ts";
import type { TokenSql } from "./token_sql.ts";
import { actionOn, type Work } from "./work.ts";

/** Rewrites every row with a selected text; `prepare` gives the SQL of its token. Throws a `ServiceError`. */
export async function rewriteInWarehouse(
  work: Work,
  writer: TableWriter,
  prepare: () => Promise<TokenSql>,
): Promise<Counts & { method: Method }> {
  const { table, conversion, run } = work;
  try {
    await retryFromRead(actionOn(table), run, () => writer.updated, async () => {
      const { token, within } = await prepare();
      await writer.write(updateInPlaceStatement(table, conversion, token), {}, within);
    });
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
