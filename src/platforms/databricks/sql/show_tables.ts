/** Lists the tables of a schema that the principal may see. */
import { quoteIdentifier } from "../identifiers.ts";

/** A table or view. */
export interface ShowTablesRow {
  readonly tableName: string;
  /** Temporary views belong to the session, not to the schema. */
  readonly isTemporary: boolean | string;
}

/** Gives a `ShowTablesRow` for each. */
export function showTablesStatement(catalog: string, schema: string): string {
  return `SHOW TABLES IN ${[catalog, schema].map(quoteIdentifier).join(".")}`;
}
