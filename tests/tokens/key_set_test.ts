import assert from "node:assert/strict";
import { ConfigError } from "../../src/config_error.ts";
import { decodeBase64Url, encodeBase64Url } from "../../src/tokens/base64.ts";
import { type KeyAlgorithm, readKeys } from "../../src/tokens/keyed/key_set.ts";
import { weaknessOf } from "../../src/tokens/keyed/key_strength.ts";
import {
  hmacJwk,
  jwkSet,
  settingsReader,
  sivJwk,
  testKeyBytes,
} from "../../scripts/servers/test_keys.ts";

const [hmacA, hmacB, sivA] = [await hmacJwk("a"), await hmacJwk("b-2", 64), await sivJwk("c")];

function read(file: string, algorithm: KeyAlgorithm = "HS256") {
  return readKeys(
    settingsReader({ TOKEN_KEYS_FILE: "/keys.json" }, { "/keys.json": file }),
    algorithm,
  );
}

/** The reasons for which a file is refused. None of them holds any of the file's longer words. */
function reasons(file: string, algorithm: KeyAlgorithm = "HS256"): string[] {
  try {
    read(file, algorithm);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    for (const { variable } of error.faults) assert.equal(variable, "TOKEN_KEYS_FILE");
    for (const word of file.match(/[A-Za-z0-9_-]{22,}/g) ?? []) {
      if (word !== "AEAD_AES_SIV_CMAC_512") assert.ok(!error.message.includes(word.slice(0, 6)));
    }
    return error.faults.map(({ reason }) => reason);
  }
  return [];
}

Deno.test("each SDK gets its own keys, in the order of the file", async () => {
  const file = jwkSet(hmacB, sivA, hmacA);
  assert.deepEqual(read(file), [
    { id: "b-2", bytes: await testKeyBytes("b-2", 64) },
    { id: "a", bytes: await testKeyBytes("a", 32) },
  ]);
  assert.deepEqual(read(file, "AEAD_AES_SIV_CMAC_512").map(({ id }) => id), ["c"]);
});

Deno.test("other members that RFC 7517 allows are ignored", () => {
  const file = JSON.stringify({ keys: [{ ...hmacA, use: "sig", key_ops: ["sign"] }], note: 1 });
  assert.deepEqual(read(file).map(({ id }) => id), ["a"]);
});

Deno.test("keys are plain data that can be sent to the sandbox", () => {
  const keys = read(jwkSet(hmacA));
  assert.deepEqual(structuredClone(keys), keys);
});

Deno.test("the variable must be set and its file readable", () => {
  const variables: Record<string, string>[] = [{}, { TOKEN_KEYS_FILE: "/none" }];
  const lines = variables.map((each) => {
    try {
      readKeys(settingsReader(each), "HS256");
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
  });
  assert.deepEqual(lines, [
    'TOKEN_KEYS_FILE: it must be set: this token SDK needs a key, which "tokenize keys new" makes',
    'TOKEN_KEYS_FILE: the file "/none" does not exist',
  ]);
});

for (
  const [title, file, reason] of [
    ["nothing", "", "the file is not JSON"],
    ["half of a file", jwkSet(hmacA).slice(0, -9), "the file is not JSON"],
    ["a key without a set", JSON.stringify(hmacA), "the file is not a JWK Set"],
    ["a list", JSON.stringify([hmacA]), "the file is not a JWK Set"],
    ["null", "null", "the file is not a JWK Set"],
    ["no key", jwkSet(), "the file contains no key whose alg is HS256"],
    ["another SDK's key only", jwkSet(sivA), "the file contains no key whose alg is HS256"],
    ["a text for a key", jwkSet("k"), "key 1 of the file: it is not an object"],
    ["a key of another type", jwkSet({ ...hmacA, kty: "RSA" }), 'its kty is not "oct"'],
    ["a key without an id", jwkSet({ ...hmacA, kid: undefined }), "its kid is not"],
    ["an empty id", jwkSet({ ...hmacA, kid: "" }), "its kid is not"],
    ["an id that is a number", jwkSet({ ...hmacA, kid: 1 }), "its kid is not"],
    ["an id with an underscore", jwkSet({ ...hmacA, kid: "a_b" }), "its kid is not"],
    ["an id beyond ASCII", jwkSet({ ...hmacA, kid: "ä" }), "its kid is not"],
    ["an id with a line break", jwkSet({ ...hmacA, kid: "a\n" }), "its kid is not"],
    ["an id that is too long", jwkSet({ ...hmacA, kid: "a".repeat(17) }), "its kid is not"],
    ["no algorithm", jwkSet({ ...hmacA, alg: undefined }), "its alg is not HS256 or AEAD_"],
    ["an unknown algorithm", jwkSet({ ...hmacA, alg: "HS512" }), "its alg is not HS256 or AEAD_"],
    ["an inherited name", jwkSet({ ...hmacA, alg: "toString" }), "its alg is not HS256 or AEAD_"],
    ["no bytes", jwkSet({ ...hmacA, k: undefined }), "its k is not base64url"],
    ["padding", jwkSet({ ...hmacA, k: `${hmacA.k}=` }), "its k is not base64url"],
    ["a blank", jwkSet({ ...hmacA, k: `${hmacA.k} ` }), "its k is not base64url"],
    ["the other alphabet", jwkSet({ ...hmacA, k: "+/".repeat(32) }), "its k is not base64url"],
    ["unused bits set", jwkSet({ ...hmacA, k: "A".repeat(42) + "B" }), "its k is not base64url"],
  ] as const
) {
  Deno.test(`a file with ${title} is refused`, () => {
    const found = reasons(file);
    assert.equal(found.length, 1);
    assert.ok(found[0]!.includes(reason), found[0]);
  });
}

Deno.test("keys of a wrong length are refused", async () => {
  const text = await Promise.all([0, 16, 31, 32, 64].map(async (length) => {
    const k = encodeBase64Url(await testKeyBytes("l", length));
    return reasons(jwkSet({ ...hmacA, k })).join();
  }));
  assert.deepEqual(text, [
    "key 1 of the file: it has 0 bytes, not the 32 to 64 of HS256",
    "key 1 of the file: it has 16 bytes, not the 32 to 64 of HS256",
    "key 1 of the file: it has 31 bytes, not the 32 to 64 of HS256",
    "",
    "",
  ]);
  const short = jwkSet({ ...sivA, k: hmacA.k });
  assert.deepEqual(reasons(short, "AEAD_AES_SIV_CMAC_512"), [
    "key 1 of the file: it has 32 bytes, not the 64 of AEAD_AES_SIV_CMAC_512",
  ]);
  assert.equal(reasons(jwkSet({ ...hmacA, k: encodeBase64Url(new Uint8Array(65)) })).length, 1);
});

Deno.test("weak keys are refused, also those of other SDKs in the file", async () => {
  const random = await testKeyBytes("random", 32);
  const ascending = Uint8Array.from({ length: 64 }, (_, i) => i);
  const weak: Record<string, Uint8Array> = {
    "too few distinct bytes": new Uint8Array(64),
    "regular steps": ascending,
    "steps": ascending.toReversed(),
    "repeats itself": Uint8Array.of(...random, ...random),
    "it is text": new TextEncoder().encode(
      "correct horse battery staple, says the comic; twice over, yes!!?",
    ),
  };
  for (const [reason, bytes] of Object.entries(weak)) {
    const found = reasons(jwkSet(hmacA, { ...sivA, k: encodeBase64Url(bytes) }));
    assert.match(found.join(), new RegExp(`^key 2 of the file: it is weak: .*${reason}`));
  }
});

Deno.test("random keys are not refused as weak", () => {
  for (let i = 0; i < 2_000; i++) {
    assert.equal(weaknessOf(crypto.getRandomValues(new Uint8Array(32))), undefined);
  }
});

Deno.test("duplicates are refused, by kid or by bytes, also across SDKs", async () => {
  const sameKid = "two keys of the file have the same kid";
  const sameKey = "two keys of the file are the same";
  assert.deepEqual(reasons(jwkSet(hmacA, { ...hmacB, kid: "a" })), [sameKid]);
  assert.deepEqual(reasons(jwkSet(hmacA, { ...sivA, kid: "a" })), [sameKid]);
  assert.deepEqual(reasons(jwkSet(hmacA, { ...hmacA, kid: "z" })), [sameKey]);
  assert.deepEqual(reasons(jwkSet(hmacA, hmacA)), [sameKid, sameKey]);
  const shared = { ...sivA, kid: "z", alg: "HS256" };
  assert.deepEqual(reasons(jwkSet(hmacA, sivA, shared)), [sameKey]);
  // to HMAC a key and the same key with zeros behind it are one
  const padded = Uint8Array.of(...await testKeyBytes("a", 32), 0, 0);
  assert.deepEqual(reasons(jwkSet(hmacA, { ...hmacA, kid: "z", k: encodeBase64Url(padded) })), [
    sameKey,
  ]);
});

Deno.test("all faults of a file are reported at once", () => {
  const found = reasons(jwkSet({ ...hmacA, kty: "EC" }, hmacB, { ...hmacA, kid: "_" }, hmacB));
  assert.deepEqual(found, [
    'key 1 of the file: its kty is not "oct"',
    "key 3 of the file: its kid is not 1 to 16 letters, digits and hyphens",
    "two keys of the file have the same kid",
    "two keys of the file are the same",
  ]);
});

Deno.test("only canonical base64url is accepted", () => {
  for (const bytes of [[], [0], [255, 254], [251, 255, 191], [1, 2, 3, 4]]) {
    const text = encodeBase64Url(Uint8Array.from(bytes));
    assert.deepEqual([...decodeBase64Url(text)!], bytes);
  }
  for (const text of ["A", "AB", "AAB", "AA==", "AA=", " AA", "AA\n", "+/+/", "AAAAA"]) {
    assert.equal(decodeBase64Url(text), undefined);
  }
});
