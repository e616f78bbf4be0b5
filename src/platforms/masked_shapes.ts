/**
 * What values look like, as a person may see it: `a••@••••.com`. A shape must not give a value away, so
 *
 * - every run of letters or digits is shown alike, however long it is;
 * - of a text of fewer than eight characters nothing is shown;
 * - of an address's domain only an ending that millions share is shown, and of its local part the first
 *   letter, unless that is a third of it or more;
 * - a shape is left out unless several different values of the sample have it.
 */
import { formOf } from "./forms.ts";

/** A shape, and how many of the sampled values have it. */
export interface Shape {
  readonly shape: string;
  readonly values: number;
}

/** Different values that must have a shape for it to be shown. */
export const MIN_VALUES = 5;
/** The most shapes that are shown of a column. */
const MAX_SHAPES = 3;
/** Shorter texts are hidden as a whole. */
const MIN_LENGTH = 8;
/** The most runs of a text that are shown; what follows is one run. */
const MAX_RUNS = 6;
const MIN_LOCAL_PART = 4;
const HIDDEN = "••••";
const SOME = "••";

const COMMON_ENDINGS = ["com", "org", "net", "edu", "de", "uk", "fr"];

/** The shape of one value. */
export function shapeOf(value: string): string {
  const length = [...value].length;
  if (length < MIN_LENGTH) return HIDDEN;
  return formOf(value) === "email" ? emailShape(value) : runsShape(value);
}

/** The shapes that enough of the values have, the most frequent first. */
export function shapesOf(values: readonly string[]): Shape[] {
  const distinct = Map.groupBy(new Set(values), shapeOf);
  const frequent = [...distinct].filter(([, those]) => those.length >= MIN_VALUES)
    .map(([shape, those]) => ({ shape, values: those.length }));
  return frequent.sort((one, other) => other.values - one.values).slice(0, MAX_SHAPES);
}

function emailShape(value: string): string {
  const at = value.lastIndexOf("@");
  const local = value.slice(0, at);
  const [first = ""] = local;
  const shown = local.length >= MIN_LOCAL_PART && /^[A-Za-z]$/.test(first) ? first : "";
  const ending = value.slice(value.lastIndexOf(".") + 1).toLowerCase();
  return `${shown}${SOME}@${HIDDEN}${COMMON_ENDINGS.includes(ending) ? `.${ending}` : ""}`;
}

function runsShape(value: string): string {
  const runs = value.match(/\p{N}+|[ ()+./:,_-]|[^\p{N} ()+./:,_-]+/gu) ?? [];
  const shown = runs.slice(0, MAX_RUNS).map((run) =>
    /^\p{N}/u.test(run) ? "##" : /^[ ()+./:,_-]$/.test(run) ? run : SOME
  );
  return shown.join("") + (runs.length > MAX_RUNS ? "…" : "");
}
