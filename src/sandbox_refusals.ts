/**
 * How often the sandbox refused something. It is counted where the refusal is caught, since most become
 * failures of another kind there: a host that does not respond, say.
 */

const seen = new WeakSet<Error>();
let count = 0;

/** Counts what was caught, if it is a refusal of the runtime that was not counted yet. */
export function noteRefusal(caught: unknown): void {
  if (!(caught instanceof Deno.errors.NotCapable) || seen.has(caught)) return;
  seen.add(caught);
  count++;
}

/** How many there were since the start of the process. */
export function refusalCount(): number {
  return count;
}
