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
type PlaceStatus = Omit<ResiduePlace, "place">;

/** What a run did to the table, and what is to be done about the residue. */
export interface FinishedRewrite {
  readonly table: TargetTable;
  /** What was converted, and must not be found any more. */
  readonly selects: Selection;
  /** Whether the run is to clear what it can. */
  readonly scrub: boolean;
  /** Rows that were changed. */
  readonly updated: number;
  /** Whether the table and its indexes were rebuilt, which leaves no dead row behind. */
  readonly rebuilt: boolean;
}

/** What is known of each place. With `analyzed` the statistics were collected again before the check. */
export function residuePlaces(
  found: FoundResidue,
  { table, updated, rebuilt }: FinishedRewrite,
  analyzed: boolean,
): ResiduePlace[] {
  // if this run changed nothing, an earlier one may have; what was cleared since is unknown
  const left: ResidueState = updated > 0 ? "remains" : "not_checked";
  const leftIn = (names: readonly string[], command: string, detail: string): PlaceStatus =>
    names.length === 0 ? { state: "none" } : { state: left, command, detail };
  const each = (statement: string, names: readonly string[]) =>
    names.map((name) => `${statement} ${name}`).join("; ");

  const { indexes, materializedViews, cascaded } = found;
  const places: Record<Place, PlaceStatus> = {
    pg_stats: statistics(found, table, analyzed),
    expression_statistics: expressionStatistics(found, analyzed),
    extended_statistics: extendedStatistics(found, analyzed),
    dead_rows: rebuilt
      ? { state: "none" }
      : leftIn(found.tables, vacuumStatement(found.tables), "VACUUM removes them"),
    indexes: rebuilt ? { state: "none" } : leftIn(
      indexes,
      each("REINDEX INDEX CONCURRENTLY", indexes),
      "VACUUM removes their entries, but not the separator keys of their inner pages",
    ),
    materialized_views: leftIn(
      materializedViews,
      each("REFRESH MATERIALIZED VIEW", materializedViews),
      "they select from the columns, and hold what they read at their last refresh",
    ),
    foreign_keys: leftIn(
      cascaded,
      `VACUUM (INDEX_CLEANUP ON, ANALYZE) ${cascaded.join(", ")}`,
      "the change cascaded to these tables, which have dead rows and statistics of their own",
    ),
    triggers: table.triggers.length === 0 ? { state: "none" } : {
      state: "not_checked",
      detail: `what they did with the old values is unknown: ${
        table.triggers.map(quoteIdentifier).join(", ")
      }`,
    },
    replication: replication(found, left),
    wal_and_backups: NOT_CHECKED,
  };
  return PLACES.map((place) => ({ place, ...places[place] }));
}

/** The places after a check that failed. */
export function uncheckedPlaces(): ResiduePlace[] {
  return PLACES.map((place) => ({ place, ...NOT_CHECKED }));
}

/** The VACUUM that is needed: by default it may skip indexes with few dead entries. */
export function vacuumStatement(tables: readonly string[]): string {
  return `VACUUM (INDEX_CLEANUP ON) ${tables.join(", ")}`;
}

const NOT_CHECKED: PlaceStatus = { state: "not_checked" };

function statistics(found: FoundResidue, table: TargetTable, analyzed: boolean): PlaceStatus {
  const { hidden, inStatistics, inStatisticsAbove } = found;
  const dirty = [...inStatistics, ...inStatisticsAbove];
  if (dirty.length > 0) {
    const detail = inStatisticsAbove.length > 0
      ? `${quoteIdentifier(table.name)} is a part of these tables, which ANALYZE samples as a whole`
      : analyzed
      ? "still there after ANALYZE: values written since, or a column that ANALYZE skips"
      : "the role may not ANALYZE the table";
    return { state: "remains", command: `ANALYZE ${dirty.join(", ")}`, detail };
  }
  if (hidden.length > 0) {
    const detail = `hidden from the role: ${hidden.join(", ")}`;
    return { state: "not_checked", command: `ANALYZE ${hidden.join(", ")}`, detail };
  }
  return { state: analyzed ? "cleared" : "none" };
}

/** Statistics of indexes on expressions and of generated columns: what these make of a token is no token. */
function expressionStatistics({ derived, tables }: FoundResidue, analyzed: boolean): PlaceStatus {
  if (derived.length === 0) return { state: "none" };
  const names = derived.join(", ");
  return analyzed
    ? {
      state: "not_checked",
      detail: `collected again, but what they hold cannot be told from values: ${names}`,
    }
    : {
      state: "not_checked",
      command: analyze(tables),
      detail: `computed from the columns: ${names}`,
    };
}

function extendedStatistics({ extended, tables }: FoundResidue, analyzed: boolean): PlaceStatus {
  const named = (...states: string[]) =>
    extended.filter(({ state }) => states.includes(state)).map(({ name }) => name);
  const values = named("values");
  if (values.length > 0) {
    return { state: "remains", command: analyze(tables), detail: values.join(", ") };
  }
  const unseen = named("hidden", "derived");
  if (unseen.length > 0) {
    const detail = `${analyzed ? "collected again, but " : ""}cannot be read or told from values: ${
      unseen.join(", ")
    }`;
    return { state: "not_checked", command: analyze(tables), detail };
  }
  return { state: analyzed && named("tokens").length > 0 ? "cleared" : "none" };
}

function replication(
  { publications, decodesOldRows }: FoundResidue,
  left: ResidueState,
): PlaceStatus {
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
