/** The bearer token: how it is compared. That only it lets a trigger in is in trigger_refusals_test.ts. */
import assert from "node:assert/strict";
import { requireBearerToken } from "../../src/http/bearer_token.ts";

const TOKEN = "canary-secret";
const GIVEN = ["", "x", "canary-secre", "canary-secret", "canary-secret2", "é".repeat(5000)];

Deno.test("whatever is given, two digests are made and compared: nothing depends on what fits", async () => {
  const digested: number[] = [];
  const real = crypto.subtle.digest;
  const digest: typeof real = (algorithm, data) => {
    assert.equal(algorithm, "SHA-256");
    digested.push(data.byteLength);
    return real.call(crypto.subtle, algorithm, data);
  };
  Object.defineProperty(crypto.subtle, "digest", { value: digest, configurable: true });
  try {
    for (const given of GIVEN) {
      digested.length = 0;
      const passed = await requireBearerToken(`Bearer ${given}`, TOKEN)
        .then(() => true, () => false);
      assert.equal(passed, given === TOKEN);
      const bytes = new TextEncoder().encode(given).length;
      assert.deepEqual(digested, [bytes, TOKEN.length]);
    }
  } finally {
    Reflect.deleteProperty(crypto.subtle, "digest");
  }
});

Deno.test("digests are compared by the runtime's constant-time function, and by nothing else", async () => {
  const source = await Deno.readTextFile(
    new URL("../../src/http/bearer_token.ts", import.meta.url),
  );
  assert.match(source, /if \(timingSafeEqual\(left, right\)\) return;/);
  assert.match(source, /import \{ timingSafeEqual \} from "node:crypto";/);
  const comparisons = source.match(/[^=!]==+ [^=]+/g) ?? [];
  assert.ok(comparisons.every((each) => /=== ""/.test(each)), comparisons.join());
});
