/** From a dataset's name to the one table it means, known to be one that can be tokenized. */
import type { ColumnRef } from "../../datahub/schema_field.ts";
import type { DatasetUrn } from "../../datahub/dataset_urn.ts";
import { type CheckedTable, checkTable } from "./check_table.ts";
import { findHooks } from "./find_hooks.ts";
import { findTable } from "./find_table.ts";
import type { Session } from "./session.ts";

/** A table, and all that a run has to know of it. */
export interface ResolvedTable extends CheckedTable {
  /** What stood before the database in the dataset's name. */
  readonly platformInstance: string;
  /** Triggers and rules that will fire; not empty only where the configuration allows them. */
  readonly triggers: readonly string[];
}

/** Finds the table and checks it. Throws a `ServiceError` that says what is in the way. */
export async function resolveTable(
  session: Session,
  dataset: DatasetUrn,
  columns: readonly ColumnRef[],
  allowTriggers: boolean,
): Promise<ResolvedTable> {
  const found = await findTable(session, dataset, columns);
  const table = checkTable(found, columns);
  const triggers = await findHooks(session, table, allowTriggers);
  return { ...table, platformInstance: found.table.instance, triggers };
}
