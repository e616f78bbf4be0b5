/** From a dataset's name to the one table it means, checked to be one that can be tokenized. */
import type { Refuse } from "../../obstacles.ts";
import { runInProgress } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import type { TargetTable } from "../table.ts";
import { checkMasks } from "./check_masks.ts";
import { type AllowedEffects, checkSideEffects } from "./check_side_effects.ts";
import { checkTable, displayNameOf } from "./check_table.ts";
import { checkTableFunctions } from "./check_table_functions.ts";
import { type FindOptions, findTable, type TableRequest } from "./find_table.ts";
import { namesForMissing } from "./similar_names.ts";

/** How to resolve a table. */
export interface ResolveOptions extends AllowedEffects, FindOptions {
  /** Whether functions of others in the table's definition may run. */
  readonly allowTableFunctions: boolean;
  /** Whether to go on although the role's reads may be masked. */
  readonly allowUnprovenMasks: boolean;
  /** For a plan: takes what does not keep the table from being read. Otherwise it is thrown. */
  readonly refuse?: Refuse | undefined;
}

/**
 * Finds the table and checks it, in one round trip if it is plain and its name is exact. Throws a `ServiceError`
 * that says what stands in the way; `run_in_progress` if another run holds the lock.
 */
export async function resolveTable(
  session: Session,
  request: TableRequest,
  options: ResolveOptions,
): Promise<TargetTable> {
  const { allowTableFunctions, allowUnprovenMasks, refuse } = options;
  const { dataset, columns: asked } = request;
  const found = await findTable(session, request, options);
  const visible = await namesForMissing(session, found, asked);
  const columns = checkTable(found, asked, refuse, visible);
  checkMasks(found, allowUnprovenMasks, refuse);
  const effects = await checkSideEffects(session, found, columns, options, refuse);
  // a plan, too, must not read what would call them
  const functions = await checkTableFunctions(session, found, columns, allowTableFunctions);
  const displayName = displayNameOf(found);
  if (found.gotLock === false) throw runInProgress(displayName);
  const { oid, database, schema, name, platformInstance } = found;
  const isConfirmable = found.isOnlyMatch && columns.length === found.columns.length;
  const { hasDescendants, sizeBytes, canLock, fingerprint, isPlain, snapshot } = found;
  const { canReadCtid, canReadXmin, canMaintain, canMakeTemporary } = found;
  return {
    oid,
    schema,
    name,
    platform: dataset.platform,
    path: [database, schema, name],
    displayName,
    platformInstance,
    columns,
    ...effects,
    functions,
    hasDescendants,
    sizeBytes,
    canReadCtid,
    canReadXmin,
    canMaintain,
    canMakeTemporary,
    canLock,
    fingerprint,
    isPlain,
    isConfirmable,
    snapshot,
  };
}
