/** Every tagged table in DataHub with its tagged columns, for commands that only read. */
import type { Gms } from "../gms/gms.ts";
import { findTaggedDatasets } from "../gms/search.ts";
import type { DatahubSettings } from "../settings.ts";
import { findTermsIn } from "./find_terms.ts";
import { findColumns } from "./reconcile.ts";

/** A table with its tagged columns. */
export interface TaggedDataset {
  readonly datasetUrn: string;
  readonly columns: readonly string[];
  /** Columns that only a program tagged: runs leave them alone. */
  readonly unconfirmed: readonly string[];
}

/** What is needed to find them. */
export interface TaggedDatasetsOptions {
  readonly settings: DatahubSettings;
  /** Every platform of this build. */
  readonly knownPlatforms: ReadonlyMap<string, string>;
}

/** The tables, each once. Datasets that stand for tables (dbt) are followed. Throws `GmsError`. */
export async function findTaggedTables(
  gms: Gms,
  { settings, knownPlatforms }: TaggedDatasetsOptions,
  signal: AbortSignal,
): Promise<readonly TaggedDataset[]> {
  const { tags, termGroups, approvalTag } = settings;
  const terms = [...settings.terms, ...await findTermsIn(gms, termGroups, signal)];
  const rules = () => ({ wanted: new Set([...tags, ...terms]), approvalTag });
  const found: TaggedDataset[] = [];
  const pending = new Set(await Array.fromAsync(findTaggedDatasets(gms, { tags, terms }, signal)));
  for (const urn of pending) { // it grows while it is read
    signal.throwIfAborted();
    const dataset = await findColumns(urn, { gms, knownPlatforms, rules });
    if ("columns" in dataset) {
      const { tagged, unconfirmed } = dataset.columns;
      const names = (of: typeof tagged) => of.map(({ name }) => name);
      found.push({ datasetUrn: urn, columns: names(tagged), unconfirmed: names(unconfirmed) });
    } else if (dataset.kind === "stands_for") {
      for (const table of dataset.tables) pending.add(table);
    }
  }
  return found;
}
