/**
 * The strategy `rewrite`: heap and indexes are written anew, once, under an exclusive lock. It leaves no
 * old value in dead rows, in indexes or in the columns' statistics, and half the disk of an UPDATE.
 */
import { ServiceError } from "../../../errors.ts";
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Counts, Method } from "../../platform.ts";
import { refusal } from "../../refusal.ts";
import type { TargetTable } from "../table.ts";
import { countRows } from "./count_table.ts";
import type { Session } from "../connection/session.ts";
import {
  lockTableStatement,
  rewriteColumnsStatement,
  rewriteConditionsStatement,
} from "../sql/rewrite_columns.ts";

/**
 * Rewrites the table. A table with nothing to tokenize is left as it is. Once nobody else can alter it,
 * `checkUnaltered` throws where somebody has: else columns would get the types back that they had.
 *
 * Throws `invalid_request` where the SDK has no SQL expression, `permission_denied` where the role does
 * not own the table, `table_not_supported` where something depends on the columns or replicates them.
 */
export async function rewriteWholeTable(
  session: Session,
  table: TargetTable,
  conversion: Conversion,
  checkUnaltered: () => Promise<void>,
): Promise<Counts & { method: Method }> {
  const { displayName } = table;
  const { sqlExpression } = conversion;
  if (sqlExpression === undefined) {
    throw refusal(
      "invalid_request",
      displayName,
      "the token SDK has no SQL expression to rewrite by",
    );
  }
  const { rows: [conditions] } = await session.query<[isOwner: boolean, isPublished: boolean]>(
    `look ${displayName} up`,
    rewriteConditionsStatement(table),
  );
  const [isOwner, isPublished] = conditions!;
  if (!isOwner) {
    throw refusal("permission_denied", displayName, "only the table's owner can rewrite it");
  }
  if (isPublished) {
    const reason = "it is published, and subscribers would not see a rewrite: update it instead";
    throw refusal("table_not_supported", displayName, reason);
  }
  const action = `tokenize ${displayName}`;
  const [, counts] = await Promise.all([
    session.query(action, lockTableStatement(table)),
    countRows(session, table, conversion),
  ]);
  if (counts.updated > 0) {
    await checkUnaltered();
    const token = (operand: string) => sqlExpression("postgres", operand);
    try {
      await session.query(action, rewriteColumnsStatement(table, conversion.selects, token));
    } catch (error) {
      throw dependency(error, displayName) ?? error;
    }
  }
  return { ...counts, method: "rewrite" };
}

/** Postgres refuses to change columns that a view, rule, policy or the like is made of. */
function dependency(error: unknown, displayName: string): ServiceError | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  if (error.facts.sqlState !== "0A000" && error.facts.sqlState !== "42P16") return undefined;
  const reason =
    "a view, rule, policy, trigger, generated column or partition key is made of a column, " +
    `so it can only be updated (SQLSTATE ${error.facts.sqlState})`;
  return refusal("table_not_supported", displayName, reason);
}
