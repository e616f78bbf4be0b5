/** The body of `POST /datahub/events`: one event or a list. */
import type { BodyMemory } from "./body_memory.ts";
import { changeEventsSchema } from "./datahub_schemas.ts";
import { invalidBody, readJsonBody } from "./json_body.ts";

/** Reads the events. Throws what `readJsonBody` throws, and `invalid_request` if it holds something else. */
export async function readChangeEvents(
  request: Request,
  memory: BodyMemory,
): Promise<readonly unknown[]> {
  const body = await readJsonBody(request, { what: "events", memory });
  const result = changeEventsSchema.safeParse(body);
  if (result.success) return [result.data].flat();
  throw invalidBody("events", "it is neither an EntityChangeEvent nor a list of at most 1000");
}
