/** A Postgres table as verification sees it: one snapshot of its rows, and of what is kept beside them. */
import type { ColumnRef } from "../../../datahub/schema_field.ts";
import type { DatasetUrn } from "../../../datahub/dataset_urn.ts";
import { ServiceError } from "../../../errors.ts";
import { namedColumns } from "../../named_columns.ts";
import type { Finding, InspectedTable } from "../../inspection.ts";
import type { Session } from "../connection/session.ts";
import { quoteIdentifier } from "../identifiers.ts";
import { findRelation, type FindSimilar, type Relation } from "./find_relation.ts";
import { inspectLeftBehind } from "./left_behind.ts";
import { listed } from "./places.ts";
import { readTexts } from "./read_texts.ts";
import { type InspectedColumn, readFacts, type RelationFacts } from "./relation_facts.ts";
import { inspectStatistics } from "./statistics.ts";

/** Rows are read from the table itself: an index may be damaged, and then lack some. */
const NO_INDEX = "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; " +
  "SET LOCAL enable_bitmapscan = off";

/** Tables; the other kinds show what lies elsewhere. */
const KINDS: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
};

const NOT_COVERED = [
  "write-ahead log and backups",
  "standbys, subscribers and other copies",
  "separator keys in indexes, and free space in pages",
  "proxies that change what is read",
] as const;

/** What the catalogue says of the table that was asked for. */
interface FoundTable {
  readonly relation: Relation;
  readonly table: string;
  readonly facts: RelationFacts;
  readonly columns: readonly InspectedColumn[];
  readonly obstacles: readonly string[];
}

/** What to look for. */
interface TableRequest {
  readonly dataset: DatasetUrn;
  readonly columns: readonly ColumnRef[];
  readonly platformInstance: string | undefined;
  readonly findSimilar: FindSimilar;
}

/**
 * Opens the table in the transaction of `session`, and keeps it from being altered until that ends. All rows
 * are read by one statement, and so in one state. It must be able to see what was committed since the
 * transaction began: to an older snapshot a table that was rewritten is empty.
 */
export async function openTable(session: Session, request: TableRequest): Promise<InspectedTable> {
  const found = await lookUpLocked(session, request);
  const { relation, table, facts, columns, obstacles } = found;
  const standby = facts.isStandby ? ["the server is a standby, which may be behind"] : [];
  return {
    table,
    platformInstance: relation.instance,
    path: [relation.database, relation.schema, relation.name],
    columns: columns.map((column) => column.name),
    snapshot: null,
    doubts: [...obstacles, ...standby].map((detail): Finding => ({
      check: "visible",
      state: "could_not_tell",
      detail,
    })),
    isReadable: obstacles.length === 0,
    estimatedRows: Number(facts.estimatedRows) || undefined,
    notCovered: NOT_COVERED,
    async *read() {
      const action = `read ${table}`;
      await session.query(action, NO_INDEX);
      yield* readTexts(session, action, selectTexts(relation, columns), columns.length);
    },
    async lookElsewhere(areTokens) {
      return [
        ...await inspectStatistics(session, relation, columns, areTokens),
        ...await inspectLeftBehind(session, relation, columns),
      ];
    },
  };
}

/** What is true of the table once it cannot be altered any more. Throws `conflict` if it just was. */
async function lookUpLocked(session: Session, request: TableRequest): Promise<FoundTable> {
  const before = await lookUp(session, request);
  if (before.obstacles.length > 0) return before;
  // unlike LOCK TABLE, it needs no more than the right to read the columns
  const lock = `${selectTexts(before.relation, before.columns)} LIMIT 0`;
  await session.query(`lock ${before.table}`, lock);
  const found = await lookUp(session, request);
  if (found.relation.oid === before.relation.oid) return found;
  throw new ServiceError(
    "conflict",
    `Cannot verify ${found.table}: it was replaced meanwhile by another table of that name`,
  );
}

async function lookUp(
  session: Session,
  { dataset, columns: asked, platformInstance, findSimilar }: TableRequest,
): Promise<FoundTable> {
  const relation = await findRelation(session, dataset, platformInstance, findSimilar);
  const table = `${relation.database}.${relation.schema}.${relation.name}`;
  const facts = await readFacts(session, relation);
  const visible = facts.columns.filter(({ isReadable }) => isReadable && facts.canUseSchema);
  const columns = namedColumns(table, facts.columns, asked, visible.map(({ name }) => name));
  return { relation, table, facts, columns, obstacles: obstaclesOf(relation, facts, columns) };
}

function selectTexts({ schema, name }: Relation, columns: readonly InspectedColumn[]): string {
  const texts = columns.map((column) => `t.${quoteIdentifier(column.name)}::pg_catalog.text`);
  return `SELECT ${texts.join(", ")} FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)} t`;
}

/** What keeps the role from reading what is stored. */
function obstaclesOf(
  { kind, schema }: Relation,
  facts: RelationFacts,
  columns: readonly InspectedColumn[],
): string[] {
  const quoted = (names: readonly string[]) => listed(names.map(quoteIdentifier));
  const obstacles: string[] = [];
  if (KINDS[kind] !== undefined) {
    obstacles.push(`it is ${KINDS[kind]}, which shows what lies elsewhere`);
  }
  if (facts.foreign.length > 0) {
    obstacles.push(`partitions are foreign tables: ${listed(facts.foreign)}`);
  }
  if (facts.hidesRows) {
    obstacles.push("row-level security hides rows from this role: give it BYPASSRLS");
  }
  if (facts.maskedRoles.length > 0) {
    obstacles.push(`this role reads masks: ${quoted(facts.maskedRoles)} has the label MASKED`);
  }
  if (facts.maskingProducts.length > 0) {
    const products = facts.maskingProducts.join(", ");
    obstacles.push(`${products} may mask what this role reads: connect as the table's owner`);
  }
  if (!facts.canUseSchema) {
    obstacles.push(`the role lacks USAGE on schema ${quoteIdentifier(schema)}`);
  }
  for (const { name, type, isText, isVirtual, isReadable } of columns) {
    const column = `column ${quoteIdentifier(name)}`;
    if (!isReadable) obstacles.push(`the role lacks SELECT on ${column}`);
    if (!isText) obstacles.push(`${column} is of type ${type}, which cannot hold tokens`);
    if (isVirtual) obstacles.push(`${column} is computed when it is read`);
  }
  return obstacles;
}
