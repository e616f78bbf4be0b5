/** The byte matcher accepts exactly what the regular expression does. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { toByteMatcher } from "../../src/tokens/byte_matcher.ts";
import { TOKEN_SDK_ADAPTERS } from "../../src/tokens/adapters.ts";
import { toJavaScript, type TokenPattern, tokenPattern } from "../../src/tokens/token_pattern.ts";
import { anyText, holds } from "../support/properties.ts";

function matches(pattern: TokenPattern, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  return toByteMatcher(pattern)(bytes, 0, bytes.length);
}

const characters = fc.constantFrom("a", "b", "_", "[ab]", "[a-c_]", "[_-]", "[A-Za-z0-9+/]", "=");
// not deep: nested repetitions take the regular expression exponentially long
const quantifier = fc.constantFrom("", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{0}");
/** Any pattern, with groups in groups to that depth. */
function anyBodyOf(depth: number): fc.Arbitrary<string> {
  const single = fc.tuple(characters, quantifier).map(([one, times]) => one + times);
  const part = depth === 0 ? single : fc.oneof(
    single,
    fc.tuple(anyBodyOf(depth - 1), anyBodyOf(depth - 1), quantifier)
      .map(([one, other, times]) => `(?:${one}|${other})${times}`),
  );
  return fc.array(part, { minLength: 1, maxLength: 2 }).map((parts) => parts.join(""));
}

const anyNear = fc.string({ unit: fc.constantFrom("a", "b", "c", "_", "=", "é"), maxLength: 8 });

Deno.test("any pattern accepts the same texts as bytes and as strings", async () => {
  await holds(
    fc.property(anyBodyOf(1), fc.array(anyNear), (body, texts) => {
      const pattern = tokenPattern(body);
      const expression = toJavaScript(pattern);
      for (const text of texts) assert.equal(matches(pattern, text), expression.test(text), text);
    }),
    500,
  );
});

for (const { mode, family } of TOKEN_SDK_ADAPTERS) {
  Deno.test(`${mode}: the family's pattern accepts the same texts as bytes and as strings`, async () => {
    const expression = toJavaScript(family);
    const anyToken = fc.stringMatching(expression);
    await holds(
      fc.property(anyToken, fc.nat(), anyText, (token, at, other) => {
        const place = at % (token.length + 1);
        for (const text of [token, token.slice(0, place) + other + token.slice(place), other]) {
          assert.equal(matches(family, text), expression.test(text), text);
        }
      }),
      300,
    );
  });
}

Deno.test("only the bytes between start and end are read", () => {
  const bytes = new TextEncoder().encode("xabx");
  const isToken = toByteMatcher(tokenPattern("ab"));
  assert.deepEqual([isToken(bytes, 1, 3), isToken(bytes, 0, 3), isToken(bytes, 1, 4)], [
    true,
    false,
    false,
  ]);
});

Deno.test("a pattern that needs too many states is refused", () => {
  const pattern = tokenPattern("[ab]*a[ab]{16}");
  assert.throws(() => toByteMatcher(pattern), /^TypeError: Cannot use the token pattern/);
});

for (const body of ["a{2,1}", "(?:a", "a)", "[b-a]", "*a", "a{x}"]) {
  Deno.test(`a malformed pattern is refused: ${body}`, () => {
    assert.throws(() => toByteMatcher(tokenPattern(body)), /^SyntaxError: Cannot read the token/);
  });
}
