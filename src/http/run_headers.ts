/** Headers of a trigger that are about its run: how to respond, which request it repeats, and who sends it. */
import { createHash } from "node:crypto";
import type { Trigger } from "../action/trigger.ts";
import { ServiceError } from "../errors.ts";
import type { Idempotency } from "../runs/run_store.ts";

/** The most characters of a key, and of a name. */
const MAX_KEY_LENGTH = 255;
const MAX_ACTOR_LENGTH = 320;

/** Whether the caller prefers the run to the report: RFC 7240, `Prefer: respond-async`. */
export function prefersAsync(header: string | undefined): boolean {
  const unquoted = (header ?? "").replace(/"(?:[^"\\]|\\.)*"/g, '""'); // a quoted value may hold commas
  return unquoted.toLowerCase().split(",").some((each) =>
    each.split(";", 1)[0]!.trim() === "respond-async"
  );
}

/**
 * The `Idempotency-Key`, with or without the quotes of the IETF's draft. Throws `invalid_request` for one
 * that is empty, too long or not printable ASCII.
 */
export function readIdempotency(
  header: string | undefined,
  trigger: Trigger,
): Idempotency | undefined {
  if (header === undefined) return undefined;
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (key.length > MAX_KEY_LENGTH || !/^[\x20-\x7e]+$/.test(key)) {
    throw new ServiceError(
      "invalid_request",
      `Cannot read the trigger: its Idempotency-Key is not 1 to ${MAX_KEY_LENGTH} characters of ` +
        "printable ASCII",
    );
  }
  // the trigger as it was understood: another order of its fields means the same
  return { key, bodyHash: createHash("sha256").update(JSON.stringify(trigger)).digest("hex") };
}

/** Who sends the request, as it says: RFC 9110, `From`. Null if it does not. */
export function readActor(header: string | undefined): string | null {
  const actor = header?.trim() ?? "";
  return actor === "" || /[^\x20-\x7e]/.test(actor) ? null : actor.slice(0, MAX_ACTOR_LENGTH);
}
