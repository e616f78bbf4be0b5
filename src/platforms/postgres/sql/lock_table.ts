/**
 * Locks the table until the transaction ends, before anything reads or writes it.
 *
 * LOCK TABLE needs a right on the whole table. A role that has rights on columns alone has the server
 * parse a statement instead: that takes the statement's lock on the table, and neither plans it, which
 * could call functions of its indexes, nor runs it. Partitions are locked when it is planned.
 */
import { quoteIdentifier } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** That of a SELECT; that of an UPDATE; one that locks out all other sessions. */
export type LockMode = "ACCESS SHARE" | "ROW EXCLUSIVE" | "ACCESS EXCLUSIVE";

/** The statements, to be sent as one text. */
export function lockTableStatement(table: TargetTable, mode: LockMode): string {
  if (table.canLock || mode === "ACCESS EXCLUSIVE") {
    return `LOCK TABLE ${tableName(table)} IN ${mode} MODE`;
  }
  const columns = table.columns.map(({ name }) => quoteIdentifier(name));
  const statement = mode === "ACCESS SHARE"
    ? `SELECT ${columns.join(", ")} FROM ${tableName(table)}`
    : `UPDATE ${tableName(table)} SET ${columns.map((each) => `${each} = ${each}`).join(", ")}`;
  return [
    `PREPARE tokenize_lock AS ${statement}`,
    "DEALLOCATE tokenize_lock",
    ...(table.hasDescendants ? [`EXPLAIN ${statement}`] : []),
  ].join("; ");
}
