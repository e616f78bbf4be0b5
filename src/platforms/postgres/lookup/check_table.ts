/**
 * Everything that must be true of a table before its first row is touched. A refusal at this point costs
 * nothing; a failure later is rolled back.
 */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import { refusal } from "../../refusal.ts";
import { resolveColumns } from "../../resolve_columns.ts";
import type { ColumnMetadata, TableMetadata } from "../table.ts";

const TEXT_TYPES = new Set(["text", "varchar", "bpchar", "citext"]);
/** What `pg_class.relkind` stands for. */
const KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
};

/** A table's name in messages and reports: `database.schema.table`. */
export function displayNameOf({ database, schema, name }: TableMetadata): string {
  return `${database}.${schema}.${name}`;
}

/**
 * Checks the table and the columns asked for. Gives the columns, in the order asked for.
 *
 * Throws `table_not_supported`, `permission_denied`, `column_not_found`, `ambiguous_name`,
 * `column_not_tokenizable` or `invalid_request` (a column named twice).
 */
export function checkTable(
  found: TableMetadata,
  asked: readonly ColumnRef[],
): ColumnMetadata[] {
  const displayName = displayNameOf(found);
  const unsupported = reasonAgainst(found);
  if (unsupported !== undefined) throw refusal("table_not_supported", displayName, unsupported);
  if (found.rowSecurityActive) {
    throw refusal(
      "permission_denied",
      displayName,
      "row-level security hides rows from this role: give it BYPASSRLS",
    );
  }
  const columns = resolveColumns(displayName, found.columns, asked);
  if (!found.canUseSchema) {
    throw refusal(
      "permission_denied",
      displayName,
      `the role lacks USAGE on schema "${found.schema}"`,
    );
  }
  for (const column of columns) checkColumn(column, displayName);
  return columns;
}

/** Why a table of its kind, or in such a database, cannot be tokenized; undefined if it can. */
function reasonAgainst(found: TableMetadata): string | undefined {
  const kind = KINDS[found.kind];
  if (kind !== undefined) return `it is ${kind}, not a table`;
  if (/^pg_|^information_schema$/.test(found.schema)) return "it belongs to the system catalogue";
  if (found.hasForeignPartitions) return "some of its partitions are foreign tables";
  if (found.serverEncoding === "SQL_ASCII") {
    return "the database's encoding is SQL_ASCII, which leaves open what its bytes mean";
  }
  return undefined;
}

function checkColumn(column: ColumnMetadata, displayName: string): void {
  const { name } = column;
  if (column.baseType === null || !TEXT_TYPES.has(column.baseType)) {
    throw refusal(
      "column_not_tokenizable",
      displayName,
      `column "${name}" is of type ${column.type}, not a text`,
    );
  }
  if (column.isGenerated) {
    throw refusal(
      "column_not_tokenizable",
      displayName,
      `column "${name}" is generated from other columns`,
    );
  }
  if (column.generatedIn !== null) {
    throw refusal(
      "column_not_tokenizable",
      displayName,
      `column "${name}" is generated from other columns in "${column.generatedIn}"`,
    );
  }
  const missing = [column.canSelect ? "" : "SELECT", column.canUpdate ? "" : "UPDATE"].filter(
    Boolean,
  );
  if (missing.length > 0) {
    throw refusal(
      "permission_denied",
      displayName,
      `the role lacks ${missing.join(" and ")} on column "${name}"`,
    );
  }
}
