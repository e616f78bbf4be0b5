/** The body of a trigger: reads and validates it, and names what is wrong with it. */
import type { z } from "@hono/zod-openapi";
import type { Trigger } from "../action/trigger.ts";
import type { BodyMemory } from "./body_memory.ts";
import { invalidBody, readJsonBody } from "./json_body.ts";
import { triggerSchema } from "./schemas.ts";

/** How many faults the detail of a problem names. */
const MAX_FAULTS = 5;
const MAX_NAME_LENGTH = 60;

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
  const result = triggerSchema.safeParse(body);
  if (result.success) {
    const { dataset_urn: datasetUrn, dry_run: dryRun, ...others } = result.data;
    return { datasetUrn, dryRun, ...others };
  }
  throw invalidBody("trigger", listed(result.error.issues.map(faultOf), "; "));
}

function faultOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => `"${shortened(key)}"`);
    return `unknown field${names.length === 1 ? "" : "s"} ${listed(names, ", ")}`;
  }
  const { path, message } = issue;
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

function listed(items: readonly string[], separator: string): string {
  const shown = items.slice(0, MAX_FAULTS).join(separator);
  const others = items.length - MAX_FAULTS;
  return others > 0 ? `${shown} and ${others} more` : shown;
}

function shortened(name: string): string {
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name;
}
