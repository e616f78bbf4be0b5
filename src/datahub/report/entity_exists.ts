/** Whether DataHub knows an entity. */
import { z } from "zod";
import type { Gms } from "../gms/gms.ts";
import { parsed } from "../gms/parsed.ts";

const EXISTS = `query exists($urn: String!) { entityExists(urn: $urn) }`;

const existsSchema = z.object({ entityExists: z.boolean().nullish() });

/** Whether there is an entity of that URN. Throws `GmsError`. */
export async function entityExists(gms: Gms, urn: string): Promise<boolean> {
  return parsed(existsSchema, await gms.graphql(EXISTS, { urn })).entityExists === true;
}
