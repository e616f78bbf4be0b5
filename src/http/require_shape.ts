/** Validates a body, and names what is wrong with it, never its contents. */
import type { z } from "@hono/zod-openapi";
import { invalidBody } from "./json_body.ts";

/** How many faults the detail of a problem names. */
const MAX_FAULTS = 5;
const MAX_NAME_LENGTH = 60;

/** The body as the schema has it; `what` is what messages call it. Throws `invalid_request`. */
export function requireShape<T>(schema: z.ZodType<T>, body: unknown, what: string): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalidBody(what, listed(result.error.issues.map(faultOf), "; "));
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
