/** Texts close to the tokens of every SDK that needs no server. */
import fc from "fast-check";
import { findAdapter } from "../../src/tokens/adapters.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { near } from "../support/properties.ts";
import { SAMPLE_VALUES } from "./detector_cases.ts";
import { hmacJwk, jwkSet, settingsReader, sivJwk } from "../../scripts/servers/test_keys.ts";

/** The SDKs that need no server. */
export const LOCAL_MODES = ["dummy", "hmac-sha256", "aes-siv"] as const;

const KEYS = jwkSet(await hmacJwk("h1"), await sivJwk("s1"));
const ALPHABET = "AZaz09+/=-_ \n\rtokpcg";

/** An SDK with keys for tests. */
export async function openSdk(mode: (typeof LOCAL_MODES)[number]): Promise<TokenSdk> {
  const adapter = findAdapter(mode)!;
  const reader = settingsReader({ TOKEN_KEYS_FILE: "/keys" }, { "/keys": KEYS });
  return await adapter.create(adapter.readSettings(reader));
}

/** That many different texts close to tokens of the SDK; the seed is printed, and PROPERTY_SEED sets it. */
export async function lookalikes(sdk: TokenSdk, count: number): Promise<string[]> {
  const given = Deno.env.get("PROPERTY_SEED");
  const seed = given === undefined ? crypto.getRandomValues(new Int32Array(1))[0]! : Number(given);
  console.log(`  seed ${seed}`);
  const values = SAMPLE_VALUES.filter((value) => value.length < 100);
  const tokens = await sdk.tokenize(values, {
    platform: "postgres",
    dataset: ["a", "b", "c"],
    column: "d",
  });
  const texts = fc.sample(near([...tokens], ALPHABET), { numRuns: count, seed });
  return [...new Set(texts)].map((text) => text.toWellFormed().replaceAll("\0", ""));
}
