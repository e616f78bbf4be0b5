/**
 * Reads what the planner's statistics keep of the columns, and has it judged text by text: the server is
 * not asked what a token is.
 *
 * Besides the table these are its partitions, the tables that it is a part of (ANALYZE samples it with
 * them), and tables to which foreign keys carry a change of the columns.
 */
import type { AreTokens, Finding } from "../../inspection.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral, quoteIdentifier, quoteLiteral } from "../identifiers.ts";
import type { Relation } from "./find_relation.ts";
import { readTexts } from "./read_texts.ts";
import { listed, placesCte } from "./places.ts";
import type { InspectedColumn } from "./relation_facts.ts";

const ACTION = "look for old values";
/** Columns, and what is computed from them, whose statistics are read. */
interface StatisticsSource {
  /** As it stands in SQL. */
  readonly name: string;
  /** The column of the table whose texts these are. */
  readonly origin: string;
  /** Where it is in `pg_stats`. */
  readonly schema: string;
  readonly relation: string;
  readonly attribute: string;
  readonly isVisible: boolean;
  /** Whether it is computed: an expression of an index, or a generated column. */
  readonly isComputed: boolean;
}

const SOURCES = `
WITH RECURSIVE ${placesCte("$1::oid", "$2::text[]")}, column_of AS (
  SELECT DISTINCT c.oid, n.nspname, c.relname, a.attname, a.attnum, place.origin, c.relkind
  FROM place JOIN pg_catalog.pg_class c ON c.oid = place.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = place.oid AND a.attname::text = place.attname
  WHERE a.attnum > 0 AND NOT a.attisdropped
), computed AS (
  -- expressions of indexes that use a column
  SELECT DISTINCT i.oid, n.nspname, i.relname, a.attname, a.attnum, column_of.origin
  FROM column_of
  JOIN pg_catalog.pg_index x ON x.indrelid = column_of.oid AND x.indexprs IS NOT NULL
  JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i'
  JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = column_of.oid
    -- 0 is the whole row, or only says that the index has no column as it is
    AND (d.refobjsubid = column_of.attnum
      OR d.refobjsubid = 0 AND x.indexprs::text LIKE '%:varattno 0 %')
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.oid AND x.indkey[a.attnum - 1] = 0
  UNION
  -- generated columns that use a column
  SELECT DISTINCT c.oid, n.nspname, c.relname, a.attname, a.attnum, column_of.origin
  FROM column_of
  JOIN pg_catalog.pg_class c ON c.oid = column_of.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped
  JOIN pg_catalog.pg_attrdef f ON f.adrelid = c.oid AND f.adnum = a.attnum
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
    AND d.refobjsubid = column_of.attnum
)
SELECT json_build_object('name', format('%I.%I.%I', nspname, relname, attname), 'origin', origin,
  'schema', nspname, 'relation', relname, 'attribute', attname,
  'isVisible', has_column_privilege(oid, attnum, 'SELECT') AND NOT row_security_active(oid),
  'isComputed', is_computed)
FROM (
  SELECT oid, nspname, relname, attname, attnum, origin, false FROM column_of
  UNION ALL SELECT oid, nspname, relname, attname, attnum, origin, true FROM computed
) AS source(oid, nspname, relname, attname, attnum, origin, is_computed)
ORDER BY nspname, relname, attname, is_computed`;

/** Judges the statistics of the columns, of what is computed from them, and those across columns. */
export async function inspectStatistics(
  session: Session,
  { oid }: Relation,
  columns: readonly InspectedColumn[],
  areTokens: AreTokens,
): Promise<Finding[]> {
  const names = arrayLiteral(columns.map(({ name }) => name));
  const { rows } = await session.query<[StatisticsSource]>(ACTION, SOURCES, [String(oid), names]);
  const sources = rows.map(([source]) => source);
  const padded = new Set(columns.filter(({ isPadded }) => isPadded).map(({ name }) => name));
  const dirty = new Set<StatisticsSource>();
  for (const source of sources.filter(({ isVisible }) => isVisible)) {
    if (!await holdsTokens(session, source, padded, areTokens)) dirty.add(source);
  }
  const select = (isComputed: boolean) => sources.filter((each) => each.isComputed === isComputed);
  return [
    ofColumns(select(false), dirty),
    ofComputed(select(true), dirty),
    await ofSeveralColumns(session, oid, names, { padded, areTokens }),
  ];
}

/** Whether each of the most common values and bounds of the histogram is a token. */
async function holdsTokens(
  session: Session,
  { schema, relation, attribute, origin }: StatisticsSource,
  padded: ReadonlySet<string>,
  areTokens: AreTokens,
): Promise<boolean> {
  const query = `SELECT u.value FROM pg_catalog.pg_stats s
CROSS JOIN LATERAL (
  SELECT unnest(s.most_common_vals::text::text[]) UNION ALL SELECT unnest(s.histogram_bounds::text::text[])
) AS u(value)
WHERE s.schemaname = ${quoteLiteral(schema)} AND s.tablename = ${quoteLiteral(relation)}
  AND s.attname = ${quoteLiteral(attribute)}`;
  const isPadded = padded.has(origin);
  for await (const { columns: [texts] } of readTexts(session, ACTION, query, 1)) {
    if (!await areTokens(origin, withoutPadding(texts!, isPadded))) return false;
  }
  return true;
}

function withoutPadding(texts: readonly (string | null)[], isPadded: boolean): string[] {
  const present = texts.filter((text) => text !== null);
  return isPadded ? present.map((text) => text.replace(/ +$/, "")) : present;
}

function ofColumns(
  sources: readonly StatisticsSource[],
  dirty: ReadonlySet<StatisticsSource>,
): Finding {
  const check = "pg_stats";
  const tables = (
    of: readonly StatisticsSource[],
  ) => [
    ...new Set(
      of.map(({ schema, relation }) => `${quoteIdentifier(schema)}.${quoteIdentifier(relation)}`),
    ),
  ];
  const found = sources.filter((each) => dirty.has(each));
  if (found.length > 0) {
    return {
      check,
      state: "not_clean",
      detail: `values are among the statistics of ${listed(found.map(({ name }) => name))}`,
      command: `ANALYZE ${tables(found).join(", ")}`,
    };
  }
  const hidden = sources.filter(({ isVisible }) => !isVisible);
  if (hidden.length === 0) return { check, state: "clean" };
  const detail = `hidden from the role: the statistics of ${
    listed(hidden.map(({ name }) => name))
  }`;
  return { check, state: "could_not_tell", detail };
}

/** What an expression makes of a token is rarely a token. */
function ofComputed(
  sources: readonly StatisticsSource[],
  dirty: ReadonlySet<StatisticsSource>,
): Finding {
  const check = "expression_statistics";
  const unclear = sources.filter((each) => dirty.has(each) || !each.isVisible);
  if (unclear.length === 0) return { check, state: "clean" };
  const detail = `computed from the columns, and of tokens or of values: ${
    listed([...new Set(unclear.map(({ name }) => name))])
  }`;
  return { check, state: "could_not_tell", detail };
}

/** An object of extended statistics; `values` are those of the columns, `null` if they are hidden. */
type ExtendedRow = [
  name: string,
  origins: (string | null)[],
  isHidden: boolean,
  isComputed: boolean,
];

async function ofSeveralColumns(
  session: Session,
  oid: number,
  names: string,
  { padded, areTokens }: { readonly padded: ReadonlySet<string>; readonly areTokens: AreTokens },
): Promise<Finding> {
  const check = "extended_statistics";
  const { rows } = await session.query<ExtendedRow>(ACTION, EXTENDED, [String(oid), names]);
  const [dirty, unclear]: [string[], string[]] = [[], []];
  for (const [name, origins, isHidden, isComputed] of rows) {
    if (isHidden || isComputed) unclear.push(name);
    if (isHidden) continue;
    for (const [i, origin] of origins.entries()) {
      if (origin === null) continue;
      const query = extendedValues(name, i + 1);
      for await (const { columns: [texts] } of readTexts(session, ACTION, query, 1)) {
        const judged = withoutPadding(texts!, padded.has(origin));
        if (!await areTokens(origin, judged) && !dirty.includes(name)) dirty.push(name);
      }
    }
  }
  if (dirty.length > 0) {
    return { check, state: "not_clean", detail: `values are in ${listed(dirty)}` };
  }
  if (unclear.length === 0) return { check, state: "clean" };
  const detail = `hidden from the role, or computed from the columns: ${listed(unclear)}`;
  return { check, state: "could_not_tell", detail };
}

/** `origins` has, for each column of the object, the table's column whose texts these are. */
const EXTENDED = `
WITH RECURSIVE ${placesCte("$1::oid", "$2::text[]")}
SELECT format('%I.%I', n.nspname, x.stxname),
  CASE WHEN s.attnames IS NULL THEN '[]'::json ELSE (
    SELECT json_agg((SELECT min(place.origin) FROM place
      WHERE place.oid = x.stxrelid AND place.attname = k.attname::text) ORDER BY k.number)
    FROM unnest(s.attnames) WITH ORDINALITY AS k(attname, number)) END,
  s.statistics_name IS NULL,
  x.stxkind && '{e}'
FROM pg_catalog.pg_statistic_ext x JOIN pg_catalog.pg_namespace n ON n.oid = x.stxnamespace
LEFT JOIN pg_catalog.pg_stats_ext s ON s.statistics_schemaname = n.nspname AND s.statistics_name = x.stxname
WHERE x.stxkind && '{m,e}' AND x.stxrelid IN (SELECT place.oid FROM place)
  AND (x.stxkind && '{e}' OR EXISTS (
    SELECT FROM place JOIN pg_catalog.pg_attribute a ON a.attrelid = place.oid AND a.attname::text = place.attname
    WHERE place.oid = x.stxrelid AND a.attnum = ANY (x.stxkeys::int2[])))
ORDER BY 1`;

/** The most common values of the column at `place`, counted from 1. */
function extendedValues(name: string, place: number): string {
  return `SELECT s.most_common_vals[r][${place}] FROM pg_catalog.pg_stats_ext s
CROSS JOIN LATERAL generate_subscripts(s.most_common_vals, 1) AS r
WHERE format('%I.%I', s.statistics_schemaname, s.statistics_name) = ${quoteLiteral(name)}`;
}
