/** What all reports to DataHub work with. */
import type { Gms } from "../gms/gms.ts";
import type { Offer } from "./offer.ts";

/** Where a report goes, and what is accepted there. */
export interface ReportTarget {
  readonly gms: Gms;
  readonly offer: Offer;
}

/** A fact beside a report, as DataHub's GraphQL takes it. */
export interface StringMapEntry {
  readonly key: string;
  readonly value: string;
}

/** The facts that are known. */
export function entriesOf(facts: Readonly<Record<string, unknown>>): StringMapEntry[] {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: String(value) }));
}
