import assert from "node:assert/strict";
import { settingsReader } from "../../src/settings_reader.ts";
import { findAdapter, TOKEN_SDK_ADAPTERS, TOKEN_SDK_MODES } from "../../src/tokens/adapters.ts";
import { lazyTokenSdk } from "../../src/tokens/lazy_token_sdk.ts";

Deno.test("each mode names one adapter", () => {
  assert.ok(TOKEN_SDK_MODES.includes("dummy"));
  assert.equal(new Set(TOKEN_SDK_MODES).size, TOKEN_SDK_ADAPTERS.length);
  for (const adapter of TOKEN_SDK_ADAPTERS) assert.equal(findAdapter(adapter.mode), adapter);
  for (const mode of ["", "Dummy", "none", "constructor"]) {
    assert.equal(findAdapter(mode), undefined);
  }
});

Deno.test("dummy needs no setting and no host", () => {
  const dummy = findAdapter("dummy");
  const nothing = () => assert.fail("dummy read a setting");
  const source = { variable: nothing, file: nothing, permissions: nothing };
  assert.equal(dummy?.readSettings(settingsReader(source)), null);
  assert.deepEqual([dummy?.environment, dummy?.endpoints(null)], [[], []]);
});

Deno.test("the SDK is created once, when it is first needed", async () => {
  const tokenSdk = lazyTokenSdk({ mode: "dummy", settings: null });
  assert.equal(await tokenSdk(), await tokenSdk());
});

Deno.test("an unknown mode is refused", () => {
  assert.throws(() => lazyTokenSdk({ mode: "none", settings: null }), /none is named "none"/);
});
