/**
 * Which texts are selected, as SQL.
 *
 * A regular expression takes some microseconds, and LIKE a fraction of one. Most texts differ from a token
 * in the first characters, so these are compared first: for all patterns with the same first character at
 * once, then pattern by pattern.
 */
import {
  commonPrefix,
  literalPrefixes,
  mayOverlap,
  shorten,
} from "../../../tokens/literal_prefixes.ts";
import type { Selection } from "../../../tokens/selection.ts";
import { type TokenPattern, toPostgres } from "../../../tokens/token_pattern.ts";
import { quoteLiteral } from "../identifiers.ts";

/** How many beginnings of a pattern are compared: more take longer than they save. */
const MAX_BEGINNINGS = 3;

/** Stands for the text in a guard that is kept: a few patterns, compared with many columns in each run. */
const TEXT = "\0";
const kept = new Map<string, string>();

/** True if `text`, an SQL expression, is selected; not true for NULL. */
export function guard(text: string, selection: Selection): string {
  const key = [selection.include, selection.exclude]
    .map((patterns) => patterns?.map(({ body }) => body).join("\n")).join("\n\n");
  const made = kept.get(key) ?? makeGuard(TEXT, selection);
  kept.set(key, made);
  return made.replaceAll(TEXT, () => text);
}

function makeGuard(text: string, { include, exclude }: Selection): string {
  const wanted = include === undefined ? [] : [`(${matchesAny(text, include)})`];
  return [...notExcluded(text, { include, exclude }), ...wanted].join(" AND ") || "true";
}

/**
 * The same for texts that are read, which are compared with the patterns to include once more by the program:
 * it takes a tenth of the server's time for that. So here their beginnings do.
 */
export function readGuard(text: string, selection: Selection): string {
  const beginnings = selection.include?.flatMap(literalPrefixes);
  if (beginnings === undefined || beginnings.includes("")) return guard(text, selection);
  return [...notExcluded(text, selection), `(${beginsWithAny(text, beginnings)})`].join(" AND ");
}

function notExcluded(text: string, { include, exclude }: Selection): string[] {
  // what cannot match the same text need not be excluded
  const relevant = exclude.filter((each) => include?.some((one) => mayOverlap(one, each)) ?? true);
  // first what most texts match once the work is done
  return relevant.length === 0 ? [] : [`NOT (${matchesAny(text, relevant)})`];
}

/**
 * True if `text` may be selected by how it begins, which takes a fraction of the guard's time: like none of
 * the patterns to exclude, and like one of those to include. It takes a text that begins like a pattern to
 * exclude for a match. Undefined if the beginnings do not tell.
 */
export function beginningGuard(text: string, { include, exclude }: Selection): string | undefined {
  const unwanted = exclude.flatMap(literalPrefixes);
  const wanted = include?.flatMap(literalPrefixes);
  if (unwanted.length === 0 || [...unwanted, ...wanted ?? []].includes("")) return undefined;
  const isUnlike = `NOT (${beginsWithAny(text, unwanted)})`;
  return wanted === undefined ? isUnlike : `(${beginsWithAny(text, wanted)}) AND ${isUnlike}`;
}

function matchesAny(text: string, patterns: readonly TokenPattern[]): string {
  const groups = Map.groupBy(patterns, (each) => firstCharacter(literalPrefixes(each)));
  return [...groups].map(([first, group]) => {
    const alike = commonPrefix(group.flatMap(literalPrefixes));
    const matching = group.map((each) => matches(text, each, alike)).join(" OR ");
    return first === "" ? matching : `${beginsWith(text, alike)} AND (${matching})`;
  }).join(" OR ") || "false";
}

/** Whether a text that begins with `alike` matches the pattern. */
function matches(text: string, pattern: TokenPattern, alike: string): string {
  // the C collation: ranges mean code points, and nondeterministic collations do not get in the way
  const whole = `${text} COLLATE "C" ~ ${quoteLiteral(toPostgres(pattern))}`;
  const beginnings = shorten(literalPrefixes(pattern), MAX_BEGINNINGS);
  if (beginnings.includes(alike)) return whole;
  const begins = beginnings.map((each) => beginsWith(text, each)).join(" OR ");
  return `${beginnings.length === 1 ? begins : `(${begins})`} AND ${whole}`;
}

function beginsWithAny(text: string, prefixes: readonly string[]): string {
  const groups = Map.groupBy(prefixes, (prefix) => prefix[0]);
  return [...groups.values()].map((group) => {
    const alike = beginsWith(text, commonPrefix(group));
    const beginnings = shorten(group, 2 * MAX_BEGINNINGS).map((each) => beginsWith(text, each));
    return beginnings.length === 1 ? beginnings[0]! : `${alike} AND (${beginnings.join(" OR ")})`;
  }).join(" OR ");
}

/** By LIKE, which takes a fifth of starts_with()'s time. */
function beginsWith(text: string, prefix: string): string {
  return `${text} COLLATE "C" LIKE ${quoteLiteral(`${prefix.replace(/[_%\\]/g, "\\$&")}%`)}`;
}

/** The first character of all of them; empty if it differs. */
function firstCharacter(prefixes: readonly string[]): string {
  return commonPrefix(prefixes).slice(0, 1);
}
