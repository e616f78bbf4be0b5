/** What a report is about: a dataset and some of its columns. */
import type { DatahubDataset } from "../gms/read_dataset.ts";
import { toV1 } from "../schema_field.ts";

/** The dataset that was dealt with. */
export interface Subject {
  /** The URN of the table's own dataset, never of a sibling. */
  readonly datasetUrn: string;
  /** The columns' names, as the trigger named them. */
  readonly columns: readonly string[];
  /** Every column that DataHub's schema of the dataset has, as it was just read. */
  readonly fields: readonly SchemaField[];
  /** Who asked for it, if an event said so: URN of a user. */
  readonly actor?: string;
  /** Whether an event led to it; otherwise it was a sweep's turn. */
  readonly isEvent?: boolean;
}

/** A column as DataHub has it. */
export interface SchemaField {
  /** Its exact path in the schema, by which mutations find it. */
  readonly path: string;
  /** URNs of the tags on it, in any place. */
  readonly tags: ReadonlySet<string>;
}

/** All columns of a dataset; none if DataHub has no schema of it. */
export function schemaFields({ columns = [], fieldLabels }: DatahubDataset): SchemaField[] {
  const tagsOf = new Map<string, Set<string>>();
  for (const { fieldPath, globalTags } of fieldLabels) {
    const name = toV1(fieldPath);
    const tags = tagsOf.get(name) ?? new Set();
    tagsOf.set(name, tags);
    for (const { tag } of globalTags?.tags ?? []) tags.add(tag);
  }
  return columns.map((path) => ({ path, tags: tagsOf.get(toV1(path)) ?? new Set() }));
}

/** Those that the subject names. */
export function namedFields({ columns, fields }: Subject): SchemaField[] {
  return fields.filter(({ path }) => columns.includes(toV1(path)));
}
