/** The table that a name which means none is probably meant to be. */
import type { ResolvedName } from "../datahub/allowed_datasets.ts";
import { didYouMean } from "../did_you_mean.ts";
import type { NameCandidate } from "./table_name_candidates.ts";

/** A table's schema and name. */
export type SchemaAndTable = readonly [schema: string, table: string];

/** Those of the tables that may be named to the caller who asked for the candidates. */
export function suggestable(
  tables: readonly SchemaAndTable[],
  database: string,
  candidates: readonly NameCandidate[],
  maySuggest: (table: ResolvedName) => boolean,
): SchemaAndTable[] {
  const instances = [...new Set(candidates.map(({ instance }) => instance))];
  return tables.filter((table) =>
    instances.some((platformInstance) =>
      maySuggest({ platformInstance, path: [database, ...table] })
    )
  );
}

/**
 * One of the `visible` tables: with a similar name in the schema asked for, else with the same name in a schema
 * that has a similar name or is the only one with such a table. Undefined if there is none.
 */
export function nearestTable(
  asked: readonly SchemaAndTable[],
  visible: readonly SchemaAndTable[],
): SchemaAndTable | undefined {
  for (const [schema, table] of asked) {
    const beside = visible.filter(([each]) => isSame(each, schema));
    const meant = didYouMean(table, beside.map(([, name]) => name));
    if (meant !== undefined) return beside.find(([, name]) => name === meant);
  }
  for (const [schema, table] of asked) {
    const elsewhere = visible.filter(([, name]) => isSame(name, table));
    const meant = didYouMean(schema, elsewhere.map(([each]) => each));
    if (meant !== undefined) return elsewhere.find(([each]) => each === meant);
    if (elsewhere.length === 1) return elsewhere[0];
  }
  return undefined;
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
