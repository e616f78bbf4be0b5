/** From a dataset's name to the one table it means, known to be one that can be tokenized. */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import { runInProgress } from "../../refusal.ts";
import { type CheckedTable, checkTable } from "./check_table.ts";
import { findHooks } from "./check_side_effects.ts";
import { findTable } from "./find_table.ts";
import type { Session } from "../connection/session.ts";

/** A table, and all that a run has to know of it. */
export interface ResolvedTable extends CheckedTable {
  /** What stood before the database in the dataset's name. */
  readonly platformInstance: string;
  /** Triggers and rules that will fire; not empty only where the configuration allows them. */
  readonly triggers: readonly string[];
}

/** How to look. */
export interface ResolveOptions {
  readonly allowTriggers: boolean;
  /** Take the lock that stands for a run of one transaction. */
  readonly lock: boolean;
}

/**
 * Finds the table and checks it, in one round trip, unless names differ in case. Throws a
 * `ServiceError` that says what is in the way; `run_in_progress` where the lock is another run's.
 */
export async function resolveTable(
  session: Session,
  dataset: DatasetUrn,
  columns: readonly ColumnRef[],
  { allowTriggers, lock }: ResolveOptions,
): Promise<ResolvedTable> {
  const found = await findTable(session, dataset, columns, lock);
  const table = checkTable(found, columns);
  const triggers = await findHooks(session, table, found.table, allowTriggers);
  if (found.table.gotLock === false) throw runInProgress(table.displayName);
  return { ...table, platformInstance: found.table.instance, triggers };
}
