/** Says which columns hold the texts that refused a run for not being valid text, and how many. */
import { ServiceError } from "../../../errors.ts";
import { type InvalidTexts, notText } from "../../refusal.ts";
import type { PostgresRun } from "../postgres_run.ts";
import { countInvalidTextsStatement, INVALID_TEXTS } from "../sql/count_invalid_texts.ts";

/**
 * Does `work`. If it throws `value_not_text`, by the database's own conversion, the texts are counted in
 * a transaction of their own; so no lock of `work` may be left. If that fails, what it threw must do.
 */
export async function namingInvalidTexts<T>(run: PostgresRun, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isNotText = error instanceof ServiceError && error.code === "value_not_text";
    throw isNotText ? await countInvalidTexts(run).catch(() => undefined) ?? error : error;
  }
}

/** The refusal that names columns; undefined if their texts are valid by now. */
export async function countInvalidTexts(run: PostgresRun): Promise<ServiceError | undefined> {
  return await run.inOwnTransaction(async (session) => {
    const table = await run.resolve(session, { lock: false });
    const invalid: InvalidTexts[] = [];
    for (const { name: column } of table.columns) {
      const action = `read column "${column}" of ${table.displayName}`;
      await session.query(action, countInvalidTextsStatement(table, column));
      const { rows: [counted] } = await session.query<[string]>(action, INVALID_TEXTS);
      const values = Number(counted![0]);
      if (values > 0) invalid.push({ column, values });
    }
    return invalid.length === 0 ? undefined : notText(table.displayName, invalid);
  });
}
