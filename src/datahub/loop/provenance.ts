/** Whether somebody put a tag or term there, or a program derived it and nobody confirmed it. */

/** What an association in an aspect says of where it came from. */
export interface Provenance {
  /** JSON, as older actions write it. */
  readonly context?: string | null | undefined;
  /** As newer servers write it. */
  readonly attribution?:
    | {
      readonly time?: number | null | undefined;
      readonly actor?: string | null | undefined;
      readonly sourceDetail?: Readonly<Record<string, string>> | null | undefined;
    }
    | null
    | undefined;
}

/** The details that say that a program derived it, if they are true or name a state. */
const DERIVED = ["propagated", "suggested", "inferred"];

/**
 * Whether it was propagated from somewhere else, or only suggested.
 *
 * Source: `SourceDetails` in `propagation_utils.py` of `acryl-datahub-actions`, which writes the details of
 * the attribution or, to older servers, the context. A context may hold the boolean `true`.
 */
export function isDerived({ context, attribution }: Provenance): boolean {
  const details = [attribution?.sourceDetail ?? {}, parseContext(context)];
  return details.some((each) =>
    DERIVED.some((name) => isTrue(each[name])) ||
    String(each.state ?? "").toLowerCase() === "suggested"
  );
}

function isTrue(value: unknown): boolean {
  return value === true || String(value ?? "").toLowerCase() === "true";
}

function parseContext(context: string | null | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(context ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
