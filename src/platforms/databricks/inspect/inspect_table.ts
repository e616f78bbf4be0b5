/** A Databricks table as verification sees it: one version of its rows, and what is kept beside them. */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import { ServiceError } from "../../../errors.ts";
import type { Finding, InspectedTable, TextBatch } from "../../inspection.ts";
import { namedColumns } from "../../named_columns.ts";
import type { NameCandidate } from "../../table_name_candidates.ts";
import type { Session } from "../connection/session.ts";
import { quoteIdentifier } from "../identifiers.ts";
import { inspectRemains, type Version, versionsOf } from "./delta_remains.ts";
import {
  declaredType,
  type DescribedTable,
  describeOnly,
  policiesOf,
  sqlName,
} from "./describe.ts";

const BATCH_ROWS = 2000;
const ORDINARY = /^(MANAGED|EXTERNAL)(_SHALLOW_CLONE)?$/i;
const TEXT_TYPE = /^(string|(?:var)?char\(\d+\))(\s+collate\s+\S+)?$/i;

const NOT_COVERED = [
  "least and greatest values of files in the transaction log",
  "clones, materialized views, streaming tables and other copies",
  "files in storage that no version can be read from",
  "query history and result caches",
] as const;

/** What to look for. */
export interface TableRequest {
  readonly dataset: DatasetUrn;
  readonly candidates: readonly NameCandidate[];
  readonly columns: readonly ColumnRef[];
  /** Finds the table that was probably meant, if there is none of that name. */
  readonly findSimilar: () => Promise<string | undefined>;
}

/** A column to be read. */
interface ReadColumn {
  readonly name: string;
  readonly type: string;
  /** Whether it pads its values with blanks. */
  readonly isPadded: boolean;
}

/** Opens the table. If it has versions, all that is read is of the latest one. */
export async function openTable(
  session: Session,
  { dataset, candidates, columns: asked, findSimilar }: TableRequest,
): Promise<InspectedTable> {
  const described = await describeOnly(session, dataset.name, candidates, findSimilar);
  const { path } = described;
  const table = path.join(".");
  const visible = described.columns.map(({ name }) => name);
  const columns = await Promise.all(
    namedColumns(table, described.columns, asked, visible).map(
      async (column): Promise<ReadColumn> => {
        const type = await declaredType(session, described, column);
        return { name: column.name, type, isPadded: /^char\(/i.test(type) };
      },
    ),
  );
  const obstacles = await obstaclesOf(session, described, columns);
  const isReadable = obstacles.length === 0;
  const isDelta = described.format === "delta";
  const versions = isReadable && isDelta ? await versionsOf(session, path) : undefined;
  return {
    table,
    platformInstance: described.instance,
    path,
    columns: columns.map(({ name }) => name),
    snapshot: versions?.[0] === undefined ? null : `version ${versions[0].version}`,
    doubts: obstacles.map((detail): Finding => ({
      check: "visible",
      state: "could_not_tell",
      detail,
    })),
    isReadable,
    estimatedRows: undefined,
    notCovered: NOT_COVERED,
    read: () => readAll(session, described, columns, versions?.[0]),
    lookElsewhere: () =>
      isDelta
        ? inspectRemains(session, path, columns.map(({ name }) => name), versions)
        : Promise.resolve([notDelta()]),
  };
}

async function* readAll(
  session: Session,
  { path }: DescribedTable,
  columns: readonly ReadColumn[],
  latest: Version | undefined,
): AsyncGenerator<TextBatch, void> {
  const texts = columns.map(({ name }, i) => `t.${quoteIdentifier(name)} AS c${i}`);
  const asOf = latest === undefined ? "" : ` VERSION AS OF ${latest.version}`;
  const statement = `SELECT ${texts.join(", ")} FROM ${sqlName(path)}${asOf} AS t`;
  const action = `read ${path.join(".")}`;
  try {
    for await (
      const rows of session.read<Record<string, string | null>>(action, statement, () => BATCH_ROWS)
    ) {
      yield {
        rows: rows.length,
        columns: columns.map(({ isPadded }, i) =>
          rows.map((row) => withoutPadding(row[`c${i}`] ?? null, isPadded))
        ),
      };
    }
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError(
      "database_unreachable",
      `Cannot ${action}: the warehouse lost the rest of the rows; verify it again`,
      { cause: "CONNECTION_LOST" },
    );
  }
}

function withoutPadding(text: string | null, isPadded: boolean): string | null {
  return isPadded ? text?.replace(/ +$/, "") ?? null : text;
}

/** What keeps the principal from reading what is stored. */
async function obstaclesOf(
  session: Session,
  table: DescribedTable,
  columns: readonly ReadColumn[],
): Promise<string[]> {
  const obstacles: string[] = [];
  if (!ORDINARY.test(table.kind)) {
    const kind = /^[A-Z_]+$/i.test(table.kind) ? ` (${table.kind.toLowerCase()})` : "";
    obstacles.push(`it is no ordinary table${kind}, and shows what lies elsewhere`);
  }
  if (table.hasRowFilter) obstacles.push("a row filter may hide rows from this principal");
  for (const { name, type } of columns) {
    if (table.maskedColumns.some((each) => each.toLowerCase() === name.toLowerCase())) {
      obstacles.push(`column "${name}" has a mask, which may hide its values from this principal`);
    }
    if (!TEXT_TYPE.test(type)) obstacles.push(`column "${name}" is not text, so holds no tokens`);
  }
  const policies = await policiesOf(session, table);
  if (policies === undefined) {
    obstacles.push(
      "nobody can tell whether policies mask columns or filter rows: grant the principal READ METADATA",
    );
  } else if (policies.length > 0) {
    obstacles.push(`policies may mask columns or filter rows: ${policies.join(", ")}`);
  }
  return obstacles;
}

function notDelta(): Finding {
  const detail = "the table keeps older snapshots for as long as its settings say";
  return { check: "history", state: "could_not_tell", detail };
}
