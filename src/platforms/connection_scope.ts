/** Which datasets a connection is used for, by their names. */
import type { NameCandidate } from "./table_name_candidates.ts";

/** The part of a platform's datasets that a connection is used for. */
export interface ConnectionScope {
  /** The platform instance of the names. Undefined: any or none; empty: none. */
  readonly platformInstance: string | undefined;
  /** The databases, or catalogs, of the names; undefined: any. */
  readonly databases: readonly string[] | undefined;
}

/** How well a dataset's name fits a connection: as it is written, but for upper and lower case, or not. */
export type Fit = "exact" | "similar" | "none";

/** The scope of a connection that is used for every name. */
export const ANY_NAME: ConnectionScope = { platformInstance: undefined, databases: undefined };

/** The candidates within the scope, without regard to case: DataHub may write names in lower case. */
export function withinScope(
  candidates: readonly NameCandidate[],
  scope: ConnectionScope,
): NameCandidate[] {
  return candidates.filter((candidate) => fitOf(candidate, scope) !== "none");
}

/** How well the best of the candidates fits the scope. */
export function bestFit(candidates: readonly NameCandidate[], scope: ConnectionScope): Fit {
  const fits = candidates.map((candidate) => fitOf(candidate, scope));
  return fits.includes("exact") ? "exact" : fits.includes("similar") ? "similar" : "none";
}

/** The scope in words; `place` is what the platform calls a database. */
export function scopeInWords(
  { platformInstance, databases }: ConnectionScope,
  place: "database" | "catalog",
): string {
  const names = databases === undefined ? `any ${place}` : `${place} ${databases.join(" or ")}`;
  return platformInstance ? `platform instance ${platformInstance}, ${names}` : names;
}

function fitOf({ instance, database }: NameCandidate, scope: ConnectionScope): Fit {
  const wanted = scope.platformInstance;
  const fits = [
    wanted === undefined ? "exact" : compare(instance, [wanted]),
    scope.databases === undefined ? "exact" : compare(database, scope.databases),
  ] as const;
  return fits.includes("none") ? "none" : fits.includes("similar") ? "similar" : "exact";
}

function compare(name: string, names: readonly string[]): Fit {
  if (names.includes(name)) return "exact";
  const same = (other: string) => other.toLowerCase() === name.toLowerCase();
  return names.some(same) ? "similar" : "none";
}
