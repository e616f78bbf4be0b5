/**
 * What counts as tagged: which columns of a table are to be tokenized according to DataHub, and why.
 *
 * A column's tags and terms are the union of those that were ingested, edited and put on its own entity, and
 * of the same of the table's siblings (dbt). Nothing is guessed: a tag on the whole dataset names no column,
 * and what a program derived needs somebody's approval.
 */
import type { FieldLabels, Labels } from "../gms/aspects.ts";
import type { DatahubDataset } from "../gms/read_dataset.ts";
import { toV1 } from "../schema_field.ts";
import { isDerived, type Provenance } from "./provenance.ts";

/** Which labels mean what. */
export interface LabelRules {
  /** URNs of tags and terms, any of which asks for a column. */
  readonly wanted: ReadonlySet<string>;
  /** URN of the tag that approves a column. */
  readonly approvalTag: string | undefined;
}

/** A tag or term on a column that asks for it. */
export interface Reason {
  readonly label: string;
  /** True if a program derived it. */
  readonly isDerived: boolean;
  /** URN of who put it there, and when (milliseconds since 1970), if DataHub was told. */
  readonly actor: string | undefined;
  readonly timeMs: number | undefined;
}

/** A column that is tagged. */
export interface TaggedColumn {
  /** Its name, or its path where it lies within another column. */
  readonly name: string;
  readonly reasons: readonly Reason[];
  /** Whether it has the approval tag. */
  readonly isApproved: boolean;
}

/** What DataHub says about the columns of a table. */
export interface TaggedColumns {
  /** Those that somebody tagged, or that were approved. */
  readonly tagged: readonly TaggedColumn[];
  /** Those that only a program tagged. */
  readonly unconfirmed: readonly TaggedColumn[];
  /** Labels that ask for a column, but are on the dataset as a whole. */
  readonly onDataset: readonly string[];
}

/** Finds the tagged columns of a table, whose `siblings` stand for the same table. */
export function taggedColumns(
  table: DatahubDataset,
  siblings: readonly DatahubDataset[],
  { wanted, approvalTag }: LabelRules,
): TaggedColumns {
  const nameOf = columnNames(table);
  const columns = new Map<string, { reasons: Reason[]; isApproved: boolean }>();
  for (const field of [table, ...siblings].flatMap(({ fieldLabels }) => fieldLabels)) {
    const name = nameOf(field);
    if (name === undefined) continue;
    const column = columns.get(name) ?? { reasons: [], isApproved: false };
    columns.set(name, column);
    for (const { label, ...provenance } of labelsOf(field)) {
      if (wanted.has(label)) column.reasons.push(reason(label, provenance));
      if (label === approvalTag && !isDerived(provenance)) column.isApproved = true;
    }
  }
  const all = [...columns].map(([name, column]): TaggedColumn => ({ name, ...column }))
    .filter(({ reasons }) => reasons.length > 0);
  const isConfirmed = ({ reasons, isApproved }: TaggedColumn) =>
    isApproved || reasons.some((each) => !each.isDerived);
  return {
    tagged: all.filter(isConfirmed),
    unconfirmed: all.filter((column) => !isConfirmed(column)),
    onDataset: labelsOf(table.ownLabels).map(({ label }) => label).filter((each) =>
      wanted.has(each)
    ),
  };
}

/**
 * How columns are found by the paths in labels: exactly, or else without regard to case, since dbt may
 * write names in lower case. A label whose column the table no longer has is left out: DataHub keeps it.
 */
function columnNames({ columns }: DatahubDataset): (field: FieldLabels) => string | undefined {
  if (columns === undefined) return ({ fieldPath }) => toV1(fieldPath);
  const exact = new Set(columns.map(toV1));
  const byLowerCase = Map.groupBy(exact, (name) => name.toLowerCase());
  return ({ fieldPath }) => {
    const name = toV1(fieldPath);
    if (exact.has(name)) return name;
    const alike = byLowerCase.get(name.toLowerCase()) ?? [];
    return alike.length === 1 ? alike[0] : undefined;
  };
}

function labelsOf({ globalTags, glossaryTerms }: Labels): (Provenance & { label: string })[] {
  const tags = (globalTags?.tags ?? []).map(({ tag, ...provenance }) => ({
    label: tag,
    ...provenance,
  }));
  const terms = (glossaryTerms?.terms ?? [])
    .map(({ urn, ...provenance }) => ({ label: urn, ...provenance }));
  return [...tags, ...terms];
}

function reason(label: string, provenance: Provenance): Reason {
  const { actor, time } = provenance.attribution ?? {};
  return {
    label,
    isDerived: isDerived(provenance),
    actor: actor ?? undefined,
    timeMs: time ?? undefined,
  };
}
