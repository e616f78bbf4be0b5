/** Entities of DataHub that have to exist before others refer to them. */
import { z } from "zod";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import { parsed } from "../gms/parsed.ts";

const EXISTS = `query exists($urn: String!) { entityExists(urn: $urn) }`;

const existsSchema = z.object({ entityExists: z.boolean().nullish() });

/** Whether there is an entity of that URN. Throws `GmsError`. */
export async function entityExists(gms: Gms, urn: string): Promise<boolean> {
  return parsed(existsSchema, await gms.graphql(EXISTS, { urn })).entityExists === true;
}

/** Creates an entity unless it exists, even if somebody else creates it meanwhile. Throws `GmsError`. */
export async function ensureEntity(
  gms: Gms,
  urn: string,
  create: () => Promise<unknown>,
): Promise<void> {
  if (await entityExists(gms, urn)) return;
  try {
    await create();
  } catch (error) {
    if (!(error instanceof GmsError) || error.isTransient) throw error;
    if (!await entityExists(gms, urn)) throw error;
  }
}
