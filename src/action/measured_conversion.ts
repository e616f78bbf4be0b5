/** A conversion whose calls of the token SDK are measured. */
import type { Meter, PhaseClock } from "../phases.ts";
import type { Conversion } from "../tokens/conversion.ts";

/** The same conversion; each call is a step of the phase `tokenize`, and reported to `meter`. */
export function measuredConversion(
  conversion: Conversion,
  clock: PhaseClock,
  meter: Meter | undefined,
): Conversion {
  const measured = (convert: Conversion["convert"]): Conversion["convert"] => {
    return async (texts, context) => {
      const startedMs = performance.now();
      const end = clock.start("tokenize");
      let failed = true;
      try {
        const made = await convert(texts, context);
        failed = false;
        return made;
      } finally {
        end();
        meter?.sdkCalled(performance.now() - startedMs, failed);
      }
    };
  };
  const { audit } = conversion;
  return {
    ...conversion,
    convert: measured(conversion.convert),
    ...(audit && { audit: { ...audit, convert: measured(audit.convert) } }),
  };
}
