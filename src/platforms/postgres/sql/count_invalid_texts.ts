/**
 * Counts a column's texts that are not valid in the database's encoding, or have no equivalent in UTF-8.
 * SQL has no predicate for that, only a conversion that fails; so a block of PL/pgSQL tries each text by
 * itself. It is slow, and used only to say how many texts refused a run.
 */
import type { TableName } from "../table.ts";
import { quoteIdentifier, quoteLiteral } from "../identifiers.ts";
import { tableName } from "./table_expressions.ts";

/** Where the block leaves its result, which it cannot return: a setting of the transaction. */
const RESULT = "tokenize.invalid_texts";

/** Gives the count, an `int8` as text. */
export const INVALID_TEXTS = `SELECT pg_catalog.current_setting('${RESULT}')`;

/** The block that counts. */
export function countInvalidTextsStatement(table: TableName, column: string): string {
  return `DO ${
    quoteLiteral(`DECLARE
  value text;
  invalid int8 := 0;
BEGIN
  FOR value IN SELECT t.${quoteIdentifier(column)}::text FROM ${tableName(table)} t LOOP
    BEGIN
      PERFORM pg_catalog.convert_to(value, 'UTF8');
    EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
      invalid := invalid + 1;
    END;
  END LOOP;
  PERFORM pg_catalog.set_config('${RESULT}', invalid::text, true);
END`)
  }`;
}
