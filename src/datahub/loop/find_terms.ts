/** Finds the glossary terms in term groups, at any depth, in DataHub's search index. */
import type { Gms } from "../gms/gms.ts";
import { scroll } from "../gms/search.ts";

/** The URNs of the terms in the groups and in the groups within them. Throws `GmsError`. */
export async function findTermsIn(
  gms: Gms,
  groups: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const terms: string[] = [];
  const seen = new Set(groups);
  for (const group of seen) { // a group that is found is added, and comes up later
    const inGroup = [{ and: [{ field: "parentNode", condition: "EQUAL", values: [group] }] }];
    for await (const term of scroll(gms, "GLOSSARY_TERM", inGroup, signal)) terms.push(term);
    for await (const node of scroll(gms, "GLOSSARY_NODE", inGroup, signal)) seen.add(node);
  }
  return terms;
}
