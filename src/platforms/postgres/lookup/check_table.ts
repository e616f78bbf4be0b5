/**
 * Everything that must be true of a table before its first row is touched. A refusal at this point costs
 * nothing; a failure later is rolled back.
 */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import type { ServiceError } from "../../../errors.ts";
import { type Refuse, throwObstacle } from "../../obstacles.ts";
import { refusal } from "../../refusal.ts";
import { resolveColumns } from "../../resolve_columns.ts";
import type { ColumnMetadata, TableMetadata } from "../table.ts";

const TEXT_TYPES = new Set(["text", "varchar", "bpchar", "citext"]);
/** What `pg_class.relkind` stands for. */
const KINDS: Readonly<Record<string, string>> = {
  v: "a view: name the table that it reads",
  m: "a materialized view: name the table that it reads, then refresh it",
  f: "a foreign table: name the table on its own server",
};

/** A table's name in messages and reports: `database.schema.table`. */
export function displayNameOf({ database, schema, name }: TableMetadata): string {
  return `${database}.${schema}.${name}`;
}

/**
 * Checks the table and the columns asked for. Gives the columns, in the order asked for. `visible` are the
 * names that a misspelt column may have meant.
 *
 * Throws `table_not_supported` or `permission_denied` for a table that cannot be read as a whole, and the
 * last refusal if no column is left that can. Refuses with `column_not_found`, `ambiguous_name`,
 * `column_not_tokenizable`, `permission_denied` or `invalid_request` (a column named twice).
 */
export function checkTable(
  found: TableMetadata,
  asked: readonly ColumnRef[],
  refuse: Refuse = throwObstacle,
  visible: readonly string[] = [],
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
  let last: ServiceError | undefined;
  const note = (obstacle: ServiceError) => {
    last = obstacle;
    refuse(obstacle);
  };
  const columns = resolveColumns(displayName, found.columns, asked, note, visible);
  if (!found.canUseSchema) {
    throw refusal(
      "permission_denied",
      displayName,
      `the role lacks USAGE on schema "${found.schema}"`,
    );
  }
  const readable = columns.filter((column) => {
    for (const obstacle of againstColumn(column, displayName)) note(obstacle);
    return isText(column) && column.canSelect;
  });
  if (readable.length === 0 && last !== undefined) throw last;
  return readable;
}

/** Why a table of its kind, or in such a database, cannot be tokenized; undefined if it can. */
function reasonAgainst(found: TableMetadata): string | undefined {
  const kind = KINDS[found.kind];
  if (kind !== undefined) return `it is ${kind}`;
  if (/^pg_|^information_schema$/.test(found.schema)) return "it belongs to the system catalogue";
  if (found.hasForeignPartitions) return "some of its partitions are foreign tables";
  if (found.serverEncoding === "SQL_ASCII") {
    return "the database's encoding is SQL_ASCII, which leaves open what its bytes mean";
  }
  return undefined;
}

function isText({ baseType }: ColumnMetadata): boolean {
  return baseType !== null && TEXT_TYPES.has(baseType);
}

function* againstColumn(column: ColumnMetadata, displayName: string): Generator<ServiceError> {
  const { name, type, isGenerated, generatedIn, canSelect, canUpdate } = column;
  const notTokenizable = (reason: string) => refusal("column_not_tokenizable", displayName, reason);
  if (!isText(column)) yield notTokenizable(`column "${name}" is of type ${type}, not text`);
  if (isGenerated) yield notTokenizable(`column "${name}" is generated from other columns`);
  else if (generatedIn !== null) {
    yield notTokenizable(`column "${name}" is generated from other columns in "${generatedIn}"`);
  }
  const missing = [canSelect ? "" : "SELECT", canUpdate ? "" : "UPDATE"].filter(Boolean);
  if (missing.length > 0) {
    yield refusal(
      "permission_denied",
      displayName,
      `the role lacks ${missing.join(" and ")} on column "${name}"`,
    );
  }
}
