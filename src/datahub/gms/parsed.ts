/** Checks the shape of what DataHub responds. */
import type { z } from "zod";
import { GmsError } from "./gms_error.ts";

/** The value, if it has the shape. Throws `GmsError` without quoting it, as the validator's message would. */
export function parsed<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.map(String).join(".") ?? "";
  throw new GmsError("unexpected", `a response has another shape than expected, at "${where}"`);
}
