/**
 * Everything that must be true of a table before its first row is touched. What is refused here costs
 * nothing; what would only fail later is rolled back.
 */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import type { ErrorCode } from "../../../errors.ts";
import { refusal } from "../../refusal.ts";
import { resolveColumns } from "../../resolve_columns.ts";
import type { FoundDataset } from "./find_table.ts";
import type { FoundColumn, FoundTable } from "../sql/find_tables.ts";

/** A table that can be tokenized. */
export interface CheckedTable {
  readonly oid: number;
  /** Whether it has partitions, or tables that inherit from it. */
  readonly hasMembers: boolean;
  /** `database.schema.table`. */
  readonly displayName: string;
  readonly schema: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly columns: readonly FoundColumn[];
  /** Whether rows can be written back by address; else only SQL inside the database can do it. */
  readonly canReadAddress: boolean;
  /** Whether it can be seen which transaction wrote a row. */
  readonly canReadVersion: boolean;
}

const TEXT_TYPES = new Set(["text", "varchar", "bpchar", "citext"]);
const KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
};

/**
 * Checks the table and resolves the columns.
 *
 * Throws `table_not_supported`, `permission_denied`, `column_not_found`, `ambiguous_name`,
 * `column_not_tokenizable` or `invalid_request` (a column named twice).
 */
export function checkTable(
  { database, serverEncoding, table }: FoundDataset,
  columns: readonly ColumnRef[],
): CheckedTable {
  const displayName = `${database}.${table.schema}.${table.name}`;
  checkKind(table, displayName, serverEncoding);
  if (table.rowSecurityActive) {
    throw refusal(
      "permission_denied",
      displayName,
      "row-level security hides rows from this role: give it BYPASSRLS",
    );
  }
  const resolved = resolveColumns(displayName, table.columns, columns);
  if (!table.canUseSchema) {
    throw refusal(
      "permission_denied",
      displayName,
      `the role lacks USAGE on schema "${table.schema}"`,
    );
  }
  for (const column of resolved) checkColumn(column, displayName);
  return {
    oid: table.oid,
    displayName,
    schema: table.schema,
    name: table.name,
    hasMembers: table.hasMembers,
    sizeBytes: table.sizeBytes,
    columns: resolved,
    canReadAddress: table.canReadAddress,
    canReadVersion: table.canReadVersion,
  };
}

function checkKind(table: FoundTable, displayName: string, serverEncoding: string): void {
  const kind = KINDS[table.kind];
  const reason = kind !== undefined
    ? `it is ${kind}, not a table`
    : /^pg_|^information_schema$/.test(table.schema)
    ? "it belongs to the system catalogue"
    : table.hasForeignPartitions
    ? "some of its partitions are foreign tables"
    : serverEncoding === "SQL_ASCII"
    ? "the database's encoding is SQL_ASCII, which leaves open what its bytes mean"
    : undefined;
  if (reason !== undefined) throw refusal("table_not_supported", displayName, reason);
}

function checkColumn(column: FoundColumn, displayName: string): void {
  const { name } = column;
  if (column.baseType === null || !TEXT_TYPES.has(column.baseType)) {
    fail(
      "column_not_tokenizable",
      displayName,
      `column "${name}" is of type ${column.type}, not a text`,
    );
  }
  if (column.isGenerated) {
    fail("column_not_tokenizable", displayName, `column "${name}" is generated from other columns`);
  }
  const missing = [column.canSelect ? "" : "SELECT", column.canUpdate ? "" : "UPDATE"].filter(
    Boolean,
  );
  if (missing.length > 0) {
    fail(
      "permission_denied",
      displayName,
      `the role lacks ${missing.join(" and ")} on column "${name}"`,
    );
  }
}

function fail(code: ErrorCode, displayName: string, reason: string): never {
  throw refusal(code, displayName, reason);
}
