/**
 * What an EntityChangeEvent says: which dataset has to be read again, and who changed something.
 *
 * Source of the format: DataHub's documentation "Entity Events API", and `PlatformEventGeneratorHook.java`.
 */
import { z } from "zod";
import { datasetOf } from "../gms/search.ts";

/** What is known beyond what is read from DataHub. */
export interface Hint {
  /** URN of the user who asked for a column or approved it. */
  readonly actor?: string;
  /** Whether an event said that something changed; otherwise it was a sweep's turn. */
  readonly isEvent?: boolean;
}

/** An event as far as it matters. */
export interface ChangeEvent {
  readonly datasetUrn: string;
  /** The tag or term that was added or removed. */
  readonly label: string;
  readonly isAddition: boolean;
  /** URN of who did it. */
  readonly actor: string | undefined;
  /** When it was done, in milliseconds since 1970. */
  readonly timeMs: number | undefined;
}

const eventSchema = z.object({
  entityUrn: z.string().refine((urn) => urn.isWellFormed()), // others cannot be asked for
  category: z.string(),
  operation: z.string(),
  modifier: z.string().nullish(),
  auditStamp: z.object({ actor: z.string().nullish(), time: z.number().nullish() }).nullish(),
});

const CATEGORIES = ["TAG", "GLOSSARY_TERM"];
const DATASET = "urn:li:dataset:";

/**
 * Reads an event; undefined if it is about something else than tags or terms of a dataset or its columns,
 * and "malformed" if it is no event.
 */
export function readChangeEvent(payload: unknown): ChangeEvent | undefined | "malformed" {
  const result = eventSchema.safeParse(payload);
  if (!result.success) return "malformed";
  const { entityUrn, category, operation, modifier, auditStamp } = result.data;
  if (!CATEGORIES.includes(category) || !modifier) return undefined;
  const datasetUrn = entityUrn.startsWith(DATASET) ? entityUrn : datasetOf(entityUrn);
  if (datasetUrn === undefined) return undefined;
  return {
    datasetUrn,
    label: modifier,
    isAddition: operation === "ADD",
    actor: auditStamp?.actor ?? undefined,
    timeMs: auditStamp?.time ?? undefined,
  };
}
