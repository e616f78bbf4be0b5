/**
 * The datasets that may be tokenized: URN patterns in which `*` stands for any characters.
 *
 * A pattern is compared twice: with the URN as the caller wrote it, before anything is looked up, and
 * with the table that was found. A dot in a pattern is the dot between two parts of a name, and a dot
 * within a part is matched by `*` only: `…,app.public.*,PROD)` allows the tables of the schema `public`,
 * and none of a schema that somebody called `public.x`.
 */
import { ServiceError } from "../errors.ts";
import { type DatasetUrn, encodePart } from "./dataset_urn.ts";

/** The table that a dataset's name turned out to mean. */
export interface ResolvedName {
  /** What precedes the database in the dataset's name; empty if nothing does. */
  readonly platformInstance: string;
  /** The names of database (or catalog), schema and table, as the catalogue has them. */
  readonly path: readonly string[];
}

/** Stands for a dot within a part. No identifier and no pattern can contain it. */
const INNER_DOT = "\0";

/** Throws `dataset_not_allowed` unless a pattern matches the URN. Undefined allows every dataset. */
export function requireUrnAllowed(
  dataset: DatasetUrn,
  patterns: readonly string[] | undefined,
): void {
  if (patterns === undefined) return;
  if (!patterns.some((pattern) => matches(pattern, dataset.urn))) throw notAllowed();
}

/**
 * Throws `dataset_not_allowed` unless a pattern allows the table that was found. A pattern without `*`
 * allows the dataset of that URN. Case does not matter here, since DataHub may write names in lower
 * case. Undefined allows every table.
 *
 * A platform instance must be spelled out by the pattern, or the pattern must allow the name without
 * it: `…,a*.public.*,PROD)` means the databases whose names begin with `a`, and not every database of an
 * instance whose name does.
 */
export function requireTableAllowed(
  dataset: DatasetUrn,
  patterns: readonly string[] | undefined,
  table: ResolvedName,
): void {
  if (patterns === undefined || patterns.includes(dataset.urn)) return;
  if (!isTableAllowed(dataset, patterns, table)) throw notAllowed();
}

/**
 * Gives whether a table may be named to who asks for `dataset`: whether a pattern allows it, whatever the
 * dataset's URN says. Undefined allows every table.
 */
export function maySuggestFor(
  dataset: DatasetUrn,
  patterns: readonly string[] | undefined,
): (table: ResolvedName) => boolean {
  return (table) => patterns === undefined || isTableAllowed(dataset, patterns, table);
}

function isTableAllowed(
  dataset: DatasetUrn,
  patterns: readonly string[],
  table: ResolvedName,
): boolean {
  const names = namesOf(dataset, table);
  const start = `urn:li:dataset:(urn:li:dataPlatform:${dataset.platform},`.toLowerCase();
  const end = `,${dataset.fabric})`.toLowerCase();
  const allows = (pattern: string) => names.some((name) => matches(pattern, start + name + end));
  const instance = `${start}${encodePart(table.platformInstance).toLowerCase()}.`;
  return patterns.map((pattern) => pattern.toLowerCase()).some((pattern) =>
    allows(pattern) ||
    (table.platformInstance !== "" && pattern.startsWith(instance) &&
      allows(start + pattern.slice(instance.length)))
  );
}

/**
 * The table's name in lower case, with `INNER_DOT` within parts; also without what the dataset's name
 * leaves to the connection, such as the catalog.
 */
function namesOf(dataset: DatasetUrn, { path }: ResolvedName): string[] {
  const parts = path.map((part) => encodePart(part).toLowerCase().replaceAll(".", INNER_DOT));
  const written = dataset.name.split(".").length;
  return [parts, parts.slice(-written)].map((each) => each.join("."));
}

function notAllowed(): ServiceError {
  return new ServiceError(
    "dataset_not_allowed",
    "Cannot tokenize the dataset: no pattern of ALLOWED_DATASETS allows it",
  );
}

/** In linear time for any pattern: a regular expression could backtrack exponentially. */
function matches(pattern: string, urn: string): boolean {
  const [first, ...parts] = pattern.split("*") as [string, ...string[]];
  const last = parts.pop();
  if (last === undefined) return urn === pattern;
  if (!urn.startsWith(first)) return false;
  let position = first.length;
  for (const part of parts) { // the leftmost place leaves the most room for the next part
    const found = urn.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return urn.length - last.length >= position && urn.endsWith(last);
}
