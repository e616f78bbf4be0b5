/** The adapter in docs/writing-a-token-sdk.md does what every adapter must do. */
import assert from "node:assert/strict";
import { settingsReader } from "../../scripts/servers/test_keys.ts";
import type { TokenSdkAdapter } from "../../src/tokens/token_sdk.ts";
import { testConformance } from "./conformance.ts";

const page = await Deno.readTextFile(new URL("../../docs/writing-a-token-sdk.md", import.meta.url));
const [, example] = /```ts\n(\/\*\* The `acme` SDK[\s\S]*?)```/.exec(page) ??
  assert.fail("the page has no such example");

const acme = await load(example!);
const variables = { ACME_PEPPER: "correct horse battery staple, and more" };
testConformance({ adapter: acme, variables, hasExactLength: true });

Deno.test("the documented adapter refuses a pepper that is too short, without showing it", () => {
  for (const pepper of [undefined, "canary"]) {
    const read = settingsReader(pepper === undefined ? {} : { ACME_PEPPER: pepper });
    assert.throws(() => acme.readSettings(read), (error: Error) => !/canary/.test(error.message));
  }
});

/** The example as it would be in `src/tokens`. */
async function load(text: string): Promise<TokenSdkAdapter<string>> {
  const place = new URL("../../src/tokens/acme.ts", import.meta.url);
  const placed = text.replaceAll(
    /from "(\.[^"]+)"/g,
    (_, path) => `from ${JSON.stringify(new URL(path, place).href)}`,
  );
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, placed);
    return (await import(file)).acme;
  } finally {
    await Deno.remove(file);
  }
}
