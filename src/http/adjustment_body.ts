/** The body of `PATCH /runs/{id}`. */
import type { RunThrottle } from "../runs/run.ts";
import type { BodyMemory } from "./body_memory.ts";
import { invalidBody, readJsonBody } from "./json_body.ts";
import { requireShape } from "./require_shape.ts";
import { adjustmentSchema } from "./run_schemas.ts";

/** Reads what is to be changed. Throws what `readJsonBody` throws, and `invalid_request` if it is nothing. */
export async function readAdjustment(
  request: Request,
  memory: BodyMemory,
): Promise<Partial<RunThrottle>> {
  const what = "change of the run";
  const body = await readJsonBody(request, { what, memory });
  const adjustment = requireShape(adjustmentSchema, body, what);
  const fields = Object.entries(adjustment).filter(([, value]) => value !== undefined);
  if (fields.length === 0) {
    throw invalidBody(what, 'it has none of "rows_per_second", "connections" and "paused"');
  }
  return Object.fromEntries(fields);
}
