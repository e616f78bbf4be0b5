/**
 * Properties that must hold for any input: fast-check makes the cases. A failure prints its seed and the
 * smallest case that fails; PROPERTY_SEED tries the cases of an earlier run, PROPERTY_RUNS how many.
 */
import fc from "fast-check";

const seed = Deno.env.get("PROPERTY_SEED");
const runs = Deno.env.get("PROPERTY_RUNS");

/** Tries the property on `numRuns` cases. */
export async function holds<T>(
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  numRuns: number,
): Promise<void> {
  await fc.assert(property as fc.IAsyncProperty<T>, {
    numRuns: runs === undefined ? numRuns : Number(runs),
    ...(seed !== undefined && { seed: Number(seed) }),
  });
}

/** Any text that UTF-8 can write: no lone surrogates. */
export const anyText = fc.string({ unit: "binary" });

/** Any string of JavaScript's, lone surrogates included. */
export const anyString = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

/** Any text that Postgres can hold: it has no NUL. */
export const postgresText = anyText.map((text) => text.replaceAll("\0", "n"));

/** One of these texts with some characters replaced, added, removed or in another place. */
export function near(texts: readonly string[], alphabet: string): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(...alphabet),
    fc.string({ unit: "grapheme", maxLength: 2 }),
    fc.constant(""),
  );
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 3 }), piece);
  return fc.tuple(fc.constantFrom(...texts), fc.array(change, { maxLength: 3 }))
    .map(([text, changes]) =>
      changes.reduce((now, [at, removed, added]) => {
        const start = at % (now.length + 1);
        return now.slice(0, start) + added + now.slice(start + removed);
      }, text)
    );
}
