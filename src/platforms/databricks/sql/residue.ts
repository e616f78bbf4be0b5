/** Clears old values that an update leaves in a Delta table's files, and checks what is left. */
import type { CheckedTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** Rewrites files with deletion vectors, which hide rows that are still in the file. */
export function purgeStatement(table: CheckedTable): string {
  return `REORG TABLE ${tableName(table)} APPLY (PURGE)`;
}

/** Removes files that no version within the table's retention period needs. */
export function vacuumStatement(table: CheckedTable): string {
  return `VACUUM ${tableName(table)}`;
}

/** A file or folder that VACUUM would remove. */
export interface VacuumDryRunRow {
  readonly path: string;
}

/** Lists what `vacuumStatement` would remove. */
export function vacuumDryRunStatement(table: CheckedTable): string {
  return `VACUUM ${tableName(table)} DRY RUN`;
}

/** The row of `NOW`. */
export interface NowRow {
  readonly now: Date | string;
}

/** Reads the warehouse's clock, in the form of the history's timestamps. */
export const NOW = "SELECT current_timestamp() AS now";
