/**
 * One dataset, from what DataHub says about it now to what was done about it. An event, a sweep, a restart
 * and a caller all mean this one step, which may be repeated at any time: it reads everything again, and
 * does only what is left to do.
 */
import { type ErrorCode, PASSING, toServiceError } from "../../errors.ts";
import { requireUrnAllowed } from "../allowed_datasets.ts";
import { type DatasetUrn, parseDatasetUrn } from "../dataset_urn.ts";
import { GmsError } from "../gms/gms_error.ts";
import { type DatahubDataset, readDataset } from "../gms/read_dataset.ts";
import { ReportError } from "../report/report_error.ts";
import { type SchemaField, schemaFields } from "../report/subject.ts";
import { bringAbout, type BringAboutDependencies } from "./bring_about.ts";
import { findLooks } from "./find_looks.ts";
import type { Hint } from "./hint.ts";
import type { Outcome, Reconciled } from "./outcome.ts";
import { taggedColumns } from "./tagged_columns.ts";

/**
 * Failures of runs that are tried again without anybody asking: beside what passes, what the database, the
 * token SDK or this program is to blame for. The others wait until the dataset or the settings are changed.
 */
const TRIED_AGAIN: readonly ErrorCode[] = [
  ...PASSING,
  "database_error",
  "token_sdk_error",
  "internal",
];

/**
 * Brings a dataset to what DataHub says. Throws `GmsError` if DataHub cannot be asked or told; failures of
 * the dataset itself are outcomes.
 */
export async function reconcile(
  datasetUrn: string,
  hints: readonly Hint[],
  deps: BringAboutDependencies,
): Promise<Reconciled> {
  const reconciled = await bringDatasetAbout(datasetUrn, hints, deps);
  if (!deps.findsLooks) return reconciled;
  return { ...reconciled, looks: await findLooks(reconciled, deps.runs) };
}

async function bringDatasetAbout(
  datasetUrn: string,
  hints: readonly Hint[],
  deps: BringAboutDependencies,
): Promise<Reconciled> {
  const { gms, rules, action: { knownPlatforms } } = deps;
  const found = await findColumns(datasetUrn, { gms, rules, knownPlatforms });
  if (!("columns" in found)) return ended(datasetUrn, found);
  const { dataset, columns, fields } = found;
  if (columns.tagged.length === 0) {
    await deps.reporter.untagged({ datasetUrn, columns: [], fields });
    return ended(datasetUrn, { kind: "untagged" }, columns);
  }
  const actor = hints.findLast((each) => each.actor !== undefined)?.actor;
  const names = columns.tagged.map(({ name }) => name);
  const isEvent = hints.some((each) => each.isEvent);
  const by = actor === undefined ? {} : { actor };
  const subject = { datasetUrn, columns: names, fields, isEvent, ...by };
  try {
    requireUrnAllowed(dataset, deps.action.allowedDatasets);
    return ended(datasetUrn, await bringAbout(subject, columns.tagged, deps), columns);
  } catch (thrown) {
    if (thrown instanceof GmsError) throw thrown;
    const error = toServiceError(thrown);
    const kind = TRIED_AGAIN.includes(error.code) ? "failed" : "refused";
    const outcome = { kind, error } as const;
    try {
      await deps.reporter[kind](subject, error);
      return ended(datasetUrn, outcome, columns);
    } catch (unreported) {
      if (!(unreported instanceof ReportError)) throw unreported;
      return { ...ended(datasetUrn, outcome, columns), unreported };
    }
  }
}

type Columns = ReturnType<typeof taggedColumns>;

/** A table, with what DataHub says about its columns. */
export interface FoundColumns {
  readonly dataset: DatasetUrn;
  readonly columns: Columns;
  readonly fields: readonly SchemaField[];
}

/** What `findColumns` works with. */
export interface FindColumnsDependencies extends Pick<BringAboutDependencies, "gms" | "rules"> {
  /** Every platform of this build. */
  readonly knownPlatforms: ReadonlyMap<string, string>;
}

/** The tagged columns of a table, or why it has to be left alone. */
export async function findColumns(
  datasetUrn: string,
  { gms, knownPlatforms, rules }: FindColumnsDependencies,
): Promise<Outcome | FoundColumns> {
  const dataset = tryParse(datasetUrn);
  if (dataset === undefined) return { kind: "left_alone", why: "removed" };
  const isTable = (urn: string) => knownPlatforms.has(tryParse(urn)?.platform ?? "");
  const known = await readDataset(gms, datasetUrn);
  if (!isTable(datasetUrn)) {
    return { kind: "stands_for", tables: known.siblings.filter(isTable) };
  }
  if (!known.exists) return { kind: "left_alone", why: "removed" };
  if (known.isDeprecated) return { kind: "left_alone", why: "deprecated" };
  const siblings: DatahubDataset[] = [];
  for (const urn of known.siblings) {
    if (!isTable(urn)) siblings.push(await readDataset(gms, urn));
  }
  const columns = taggedColumns(known, siblings.filter(isInUse), rules());
  return { dataset, columns, fields: schemaFields(known) };
}

function isInUse({ exists, isDeprecated }: DatahubDataset): boolean {
  return exists && !isDeprecated;
}

function ended(
  datasetUrn: string,
  outcome: Outcome,
  columns: Columns = { tagged: [], unconfirmed: [], onDataset: [] },
): Reconciled {
  return { datasetUrn, outcome, ...columns };
}

function tryParse(urn: string): DatasetUrn | undefined {
  try {
    return parseDatasetUrn(urn);
  } catch {
    return undefined; // not a dataset's URN, or one of a kind that DataHub does not write
  }
}
