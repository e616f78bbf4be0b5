/** What clears old values that an update leaves behind in a Delta table's files, and what looks again. */
import type { CheckedTable } from "../table.ts";
import { tableName } from "./table_expressions.ts";

/** Writes files anew whose deletion vectors hide rows that are still in them. */
export function purgeStatement(table: CheckedTable): string {
  return `REORG TABLE ${tableName(table)} APPLY (PURGE)`;
}

/** Removes files that no version within the table's retention needs. */
export function vacuumStatement(table: CheckedTable): string {
  return `VACUUM ${tableName(table)}`;
}

/** A file or folder that VACUUM would remove. */
export interface VacuumDryRunRow {
  readonly path: string;
}

/** The files that `vacuumStatement` would remove. */
export function vacuumDryRunStatement(table: CheckedTable): string {
  return `VACUUM ${tableName(table)} DRY RUN`;
}

/** What `NOW` gives. */
export interface NowRow {
  readonly now: Date | string;
}

/** The time by the warehouse's clock, in the form of the history's timestamps. */
export const NOW = "SELECT current_timestamp() AS now";
