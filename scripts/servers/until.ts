/** Waiting for a condition that another process brings about. */

const PATIENCE_MS = 60_000;
const INTERVAL_MS = 20;

/** Resolves once the condition is true. Throws `otherwise` if it is still false after a minute. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  otherwise = "the condition is still false",
): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!await condition()) {
    if (performance.now() > deadlineMs) {
      throw new Error(`Cannot wait any longer: ${otherwise} after ${PATIENCE_MS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
