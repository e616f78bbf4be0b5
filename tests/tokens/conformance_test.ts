/** Every built-in SDK does what every SDK must do. */
import assert from "node:assert/strict";
import { TOKEN_SDK_ADAPTERS } from "../../src/tokens/adapters.ts";
import { aesSiv } from "../../src/tokens/keyed/aes_siv.ts";
import { dummy } from "../../src/tokens/dummy.ts";
import { hmacSha256 } from "../../src/tokens/keyed/hmac_sha256.ts";
import { TOKEN_SCOPES } from "../../src/tokens/token_scope.ts";
import { openSdk, testConformance } from "./conformance.ts";
import { hmacJwk, jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";

const files = { "/keys.json": jwkSet(await hmacJwk("h1"), await sivJwk("s1"), await sivJwk("s0")) };

testConformance({ adapter: dummy, hasExactLength: true, isReversible: true });
for (const adapter of [hmacSha256, aesSiv]) {
  for (const scope of TOKEN_SCOPES) {
    const variables = { TOKEN_KEYS_FILE: "/keys.json", TOKEN_CONTEXT: scope };
    const subject = { adapter, variables, files, scope, hasExactLength: true };
    testConformance({
      ...subject,
      isReversible: adapter === aesSiv,
      failing: {
        "once it is closed": async () => {
          const sdk = await openSdk(subject);
          await sdk.close!();
          return sdk;
        },
      },
    });
  }
}

for (const hmacBytes of [12, 16, 31]) {
  const variables = { TOKEN_KEYS_FILE: "/keys.json", TOKEN_HMAC_BYTES: String(hmacBytes) };
  const variant = `${hmacBytes} bytes`;
  testConformance({ adapter: hmacSha256, variables, files, variant, hasExactLength: true });
}

Deno.test("every adapter is tested here, except those that need a server", () => {
  const local = TOKEN_SDK_ADAPTERS.filter((each) => !each.mode.startsWith("vault"));
  assert.deepEqual(local, [dummy, hmacSha256, aesSiv]);
});
