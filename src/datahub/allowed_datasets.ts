/**
 * The list of datasets that may be tokenized: URN patterns in which `*` stands for any characters.
 */
import { ServiceError } from "../errors.ts";
import { type DatasetUrn, spellings } from "./dataset_urn.ts";

/**
 * Throws `dataset_not_allowed` where no pattern allows the dataset. An undefined list allows all.
 *
 * `platformInstance` is what turned out to stand before the database's name. A wildcard cannot stand
 * for it alone: else `…,app.public.*,PROD)` would allow `app.public.x.app.secret.t`, which is the
 * table `secret.t`. So the name without it must be allowed too, unless the pattern spells it out.
 */
export function requireAllowed(
  dataset: DatasetUrn,
  patterns: readonly string[] | undefined,
  platformInstance = "",
): void {
  if (patterns === undefined) return;
  const allows = (name: string) =>
    patterns.some((pattern) => matches(pattern, urnOf(dataset, name)));
  if (allows(dataset.name)) {
    if (platformInstance === "") return;
    const instance = prefixes(dataset.name).find((each) =>
      spellings(each).includes(platformInstance)
    );
    if (instance !== undefined) {
      if (allows(dataset.name.slice(instance.length + 1))) return;
      const start = urnOf(dataset, `${instance}.`).slice(0, -`,${dataset.fabric})`.length);
      if (patterns.some((each) => each.startsWith(start) && matches(each, dataset.urn))) return;
    }
  }
  throw new ServiceError(
    "dataset_not_allowed",
    "Cannot tokenize the dataset: no pattern of ALLOWED_DATASETS allows it",
  );
}

/** What stands before each dot of the name. */
function prefixes(name: string): string[] {
  return [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index));
}

function urnOf(dataset: DatasetUrn, name: string): string {
  return `urn:li:dataset:(urn:li:dataPlatform:${dataset.platform},${name},${dataset.fabric})`;
}

/** In linear time, whatever the pattern: a regular expression might go back and forth for ever. */
function matches(pattern: string, urn: string): boolean {
  const [first, ...parts] = pattern.split("*") as [string, ...string[]];
  const last = parts.pop();
  if (last === undefined) return urn === pattern;
  if (!urn.startsWith(first)) return false;
  let position = first.length;
  for (const part of parts) { // the leftmost place for each leaves most room for the next
    const found = urn.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return urn.length - last.length >= position && urn.endsWith(last);
}
