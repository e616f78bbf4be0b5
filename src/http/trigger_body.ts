/** The body of a trigger. */
import type { Trigger } from "../action/trigger.ts";
import type { BodyMemory } from "./body_memory.ts";
import { invalidBody, readJsonBody } from "./json_body.ts";
import { requireShape } from "./require_shape.ts";
import { triggerSchema } from "./schemas.ts";

/**
 * Reads and validates a trigger. Throws what `readJsonBody` throws, and `invalid_request`, which names each
 * wrong field but never its contents.
 */
export async function readTrigger(
  request: Request,
  memory: BodyMemory,
  timeoutMs?: number,
): Promise<Trigger> {
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  const body = await readJsonBody(request, { what: "trigger", memory, ...limit });
  const { dataset_urn: datasetUrn, dry_run: dryRun, rows_per_second: rowsPerSecond, ...others } =
    requireShape(triggerSchema, body, "trigger");
  if (others.connections !== undefined && others.commit !== "batches") {
    throw invalidBody("trigger", 'connections: it has a meaning with commit "batches" only');
  }
  return { datasetUrn, dryRun, ...others, ...(rowsPerSecond !== undefined && { rowsPerSecond }) };
}
