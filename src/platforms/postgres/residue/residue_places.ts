/** What was found in the catalogue, place by place, with the command that clears each. */
import type { Selection } from "../../../tokens/selection.ts";
import type { ResiduePlace, ResidueState } from "../../residue.ts";
import { quoteIdentifier } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import type { FoundResidue } from "../sql/find_residue.ts";

/** The places, in the order in which they are reported. */
const PLACES = [
  "pg_stats",
  "expression_statistics",
  "extended_statistics",
  "dead_rows",
  "indexes",
  "materialized_views",
  "foreign_keys",
  "triggers",
  "replication",
  "wal_and_backups",
] as const;

type Place = typeof PLACES[number];
type Known = Omit<ResiduePlace, "place">;

/** What a run did to the table. */
export interface RewrittenTable {
  readonly table: TargetTable;
  /** What was to be converted, and must not be found any more. */
  readonly selects: Selection;
  /** Whether the run is to clear what it may. */
  readonly scrub: boolean;
  /** Rows that were changed. */
  readonly updated: number;
  /** Whether the table and its indexes were written anew, which leaves no dead row behind. */
  readonly anew: boolean;
}

/** What is known of each place; `analyzed` if the statistics were made anew before it was looked at. */
export function residuePlaces(
  found: FoundResidue,
  { table, updated, anew }: RewrittenTable,
  analyzed: boolean,
): ResiduePlace[] {
  // where this run changed nothing, an earlier one may have; nobody knows what was cleared since
  const left: ResidueState = updated > 0 ? "remains" : "not_checked";
  const leftIn = (names: readonly string[], command: string | undefined, detail: string): Known =>
    names.length === 0
      ? { state: "none" }
      : { state: left, ...(command === undefined ? {} : { command }), detail };
  const each = (statement: string, names: readonly string[]) =>
    names.map((name) => `${statement} ${name}`).join("; ");

  const { indexes, materializedViews, cascaded } = found;
  const places: Record<Place, Known> = {
    pg_stats: statistics(found, table, analyzed),
    expression_statistics: expressionStatistics(found, analyzed),
    extended_statistics: extendedStatistics(found, analyzed),
    dead_rows: anew
      ? { state: "none" }
      : leftIn(found.tables, vacuumStatement(found.tables), "VACUUM removes them"),
    indexes: anew ? { state: "none" } : leftIn(
      indexes,
      each("REINDEX INDEX CONCURRENTLY", indexes),
      "VACUUM removes their entries, but not the separator keys of their inner pages",
    ),
    materialized_views: leftIn(
      materializedViews,
      each("REFRESH MATERIALIZED VIEW", materializedViews),
      "they are made of the columns, and hold what they read when they were last refreshed",
    ),
    foreign_keys: leftIn(
      cascaded,
      `VACUUM (INDEX_CLEANUP ON, ANALYZE) ${cascaded.join(", ")}`,
      "the change was carried on to other tables, which have dead rows and statistics of their own",
    ),
    triggers: table.triggers.length === 0 ? { state: "none" } : {
      state: "not_checked",
      detail: `what they did with the old values is not known: ${
        table.triggers.map(quoteIdentifier).join(", ")
      }`,
    },
    replication: replication(found, left),
    wal_and_backups: NOT_CHECKED,
  };
  return PLACES.map((place) => ({ place, ...places[place] }));
}

/** For a look that failed. */
export function uncheckedPlaces(): ResiduePlace[] {
  return PLACES.map((place) => ({ place, ...NOT_CHECKED }));
}

/** VACUUM as it has to be: left to itself it may pass over indexes with few dead entries. */
export function vacuumStatement(tables: readonly string[]): string {
  return `VACUUM (INDEX_CLEANUP ON) ${tables.join(", ")}`;
}

const NOT_CHECKED: Known = { state: "not_checked" };

function statistics(found: FoundResidue, table: TargetTable, analyzed: boolean): Known {
  const { hidden, inStatistics, inStatisticsAbove } = found;
  const dirty = [...inStatistics, ...inStatisticsAbove];
  if (dirty.length > 0) {
    const detail = inStatisticsAbove.length > 0
      ? `a table that ${quoteIdentifier(table.name)} is a part of is sampled with its other parts`
      : analyzed
      ? "after ANALYZE: values that came since, or a column that ANALYZE passes over"
      : "the role may not ANALYZE the table";
    return { state: "remains", command: `ANALYZE ${dirty.join(", ")}`, detail };
  }
  if (hidden.length > 0) {
    const detail = `hidden from the role: ${hidden.join(", ")}`;
    return { state: "not_checked", command: `ANALYZE ${hidden.join(", ")}`, detail };
  }
  return { state: analyzed ? "cleared" : "none" };
}

/** Of an index on an expression, or a generated column: what it makes of a token is not a token. */
function expressionStatistics({ derived, tables }: FoundResidue, analyzed: boolean): Known {
  if (derived.length === 0) return { state: "none" };
  const names = derived.join(", ");
  return analyzed
    ? { state: "not_checked", detail: `made anew, but they hold no tokens to tell: ${names}` }
    : { state: "not_checked", command: analyze(tables), detail: `made of the columns: ${names}` };
}

function extendedStatistics({ extended, tables }: FoundResidue, analyzed: boolean): Known {
  const named = (...states: string[]) =>
    extended.filter(({ state }) => states.includes(state)).map(({ name }) => name);
  const values = named("values");
  if (values.length > 0) {
    return { state: "remains", command: analyze(tables), detail: values.join(", ") };
  }
  const unseen = named("hidden", "derived");
  if (unseen.length > 0) {
    const detail = `${analyzed ? "made anew, but " : ""}not to be seen or told: ${
      unseen.join(", ")
    }`;
    return { state: "not_checked", command: analyze(tables), detail };
  }
  return { state: analyzed && named("tokens").length > 0 ? "cleared" : "none" };
}

function replication({ publications, decodesOldRows }: FoundResidue, left: ResidueState): Known {
  if (publications.length === 0 && !decodesOldRows) return { state: "none" };
  const facts = [
    publications.length === 0
      ? ""
      : `subscribers of ${publications.join(", ")} have residue of their own`,
    decodesOldRows ? "REPLICA IDENTITY FULL sends the old rows along" : "",
  ];
  return { state: left, detail: facts.filter(Boolean).join("; ") };
}

function analyze(tables: readonly string[]): string {
  return `ANALYZE ${tables.join(", ")}`;
}
