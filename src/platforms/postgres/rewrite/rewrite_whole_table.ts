/**
 * The strategy `rewrite`: heap and indexes are rebuilt once, under an exclusive lock. It leaves no old
 * value in dead rows, in indexes or in the columns' statistics, and takes half the disk of an UPDATE.
 */
import type { Conversion } from "../../../tokens/conversion.ts";
import { ServiceError } from "../../../errors.ts";
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { settingsToKeepStatement } from "../sql/find_settings_to_keep.ts";
import { lockTableStatement } from "../sql/lock_table.ts";
import {
  rewriteColumnsStatement,
  type RewriteConditions,
  rewriteConditionsStatement,
} from "../sql/rewrite_columns.ts";
import type { TargetTable } from "../table.ts";
import { countRows, countsOf } from "./count_table.ts";
import { countAtEnd } from "./prove_done.ts";
import { actionOn, type RewriteCounts, type Work } from "./work.ts";

/**
 * Rewrites the table, unless it has nothing to tokenize.
 *
 * Throws `invalid_request` if the SDK has no SQL expression, `permission_denied` if the role does not own
 * the table, `table_not_supported` if something depends on the columns or replicates them, `conflict` if
 * the table was altered since it was resolved.
 */
export async function rewriteWholeTable(session: Session, work: Work): Promise<RewriteCounts> {
  const { table, conversion: { selects } } = work;
  const sqlExpression = await checkRewritable(session, work);
  const [, counts] = await Promise.all([
    session.query(actionOn(table), lockTableStatement(table, "ACCESS EXCLUSIVE")),
    countRows(session, work),
  ]);
  let selectedAtEnd = 0;
  if (counts.selected > 0) {
    const token = (operand: string) => sqlExpression("postgres", operand);
    const { rows: restoring } = await session.query<[statement: string]>(
      actionOn(table),
      settingsToKeepStatement(table),
    );
    try {
      await work.run.context.clock.time(
        "write",
        () => session.query(actionOn(table), rewriteColumnsStatement(table, selects, token)),
      );
      for (const [statement] of restoring) await session.query(actionOn(table), statement);
    } catch (error) {
      throw dependency(error, table) ?? error;
    }
    selectedAtEnd = (await countAtEnd(session, work, counts.foreign)).selected;
  }
  return { ...countsOf(counts, counts.selected), rejectedRows: 0, selectedAtEnd };
}

/** Gives the SDK's SQL expression, once nothing stands in the way. Throws as `rewriteWholeTable` does. */
export async function checkRewritable(
  session: Session,
  { run, table, conversion: { sqlExpression } }: Work,
): Promise<NonNullable<Conversion["sqlExpression"]>> {
  if (sqlExpression === undefined) {
    const reason =
      'a rewrite needs an SDK whose tokens Postgres can compute: use the strategy "update"';
    throw refusal("invalid_request", table.displayName, reason);
  }
  await checkConditions(session, table, run.allowTriggers);
  return sqlExpression;
}

async function checkConditions(
  session: Session,
  table: TargetTable,
  allowTriggers: boolean,
): Promise<void> {
  const { displayName } = table;
  const { rows: [conditions] } = await session.query<RewriteConditions>(
    `look up ${displayName}`,
    rewriteConditionsStatement(table),
  );
  const [isOwner, isPublished, isTyped, inherited, eventTriggers, dependents] = conditions!;
  if (!isOwner) {
    throw refusal("permission_denied", displayName, "only the table's owner can rewrite it");
  }
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
  const reason = isPublished
    ? "it is published, and subscribers would not see a rewrite: update it instead"
    : isTyped
    ? "its columns are those of a composite type, and cannot be rewritten alone: update it instead"
    : inherited.length > 0
    ? `it inherits its columns (${
      quoted(inherited)
    }): rewrite the table that it inherits from, or ` +
      "update it instead"
    : eventTriggers.length > 0 && !allowTriggers
    ? `a rewrite would fire event triggers (${
      quoted(eventTriggers)
    }): set ALLOW_TRIGGERS=true to ` +
      "let them"
    : dependents.length > 0
    ? `a rewrite cannot change a column that other objects depend on (${dependents.join(", ")}): ` +
      "update it instead"
    : undefined;
  if (reason !== undefined) throw refusal("table_not_supported", displayName, reason);
}

/** A view, rule or policy; a partition key; before version 13, a generated column. */
const DEPENDENCY_STATES: readonly (string | undefined)[] = ["0A000", "42P16", "42601"];

/** The refusal, if Postgres does not change the columns since a view, rule, policy or the like uses them. */
function dependency(error: unknown, { displayName }: TargetTable): ServiceError | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  if (!DEPENDENCY_STATES.includes(error.facts.sqlState)) return undefined;
  const reason =
    "a view, rule, policy, trigger, generated column or partition key is made of a column, " +
    `so it can only be updated (SQLSTATE ${error.facts.sqlState})`;
  return refusal("table_not_supported", displayName, reason);
}
