/** The test vectors of RFC 5297 appendix A, and random ones compared with the library's AES-SIV. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { aessiv } from "@noble/ciphers/aes.js";
import fc from "fast-check";
import { startSiv } from "../../src/tokens/keyed/siv_cipher.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const VECTORS = {
  "A.1, deterministic": {
    key: hex("fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff"),
    associatedData: [hex("10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627")],
    plaintext: hex("11223344 55667788 99aabbcc ddee"),
    output: hex("85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c"),
  },
  "A.2, with a nonce": {
    key: hex("7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f"),
    associatedData: [
      hex(`00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988
           77665544 33221100`),
      hex("10203040 50607080 90a0"),
      hex("09f91102 9d74e35b d84156c5 635688c0"),
    ],
    plaintext: hex(`74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e
                    63727970 74207573 696e6720 5349562d 414553`),
    output: hex(`7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17
                 dba77ceb 094fa663 b7a3f748 ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d`),
  },
};

for (const [title, { key, associatedData, plaintext, output }] of Object.entries(VECTORS)) {
  Deno.test(`RFC 5297, vector ${title} is encrypted and decrypted`, () => {
    const cipher = startSiv(key, associatedData);
    assert.equal(toHex(cipher.encrypt(plaintext)), toHex(output));
    assert.equal(toHex(cipher.encrypt(plaintext)), toHex(output));
    assert.equal(toHex(cipher.decrypt(output)!), toHex(plaintext));
  });
}

Deno.test("ciphertexts of every length equal those of the library", () => {
  const key = crypto.getRandomValues(new Uint8Array(64));
  const text = crypto.getRandomValues(new Uint8Array(3_000));
  const data = [text.subarray(0, 33)];
  const cipher = startSiv(key, data);
  const lengths = [...Array(200).keys(), 1_008, 1_023, 1_024, 1_025, 3_000, 0, 1, 15, 16, 17, 40];
  for (const length of lengths) {
    const plaintext = text.slice(0, length);
    assert.equal(
      toHex(cipher.encrypt(plaintext)),
      toHex(aessiv(key, ...data).encrypt(plaintext)),
      `${length} bytes`,
    );
    assert.deepEqual(plaintext, text.slice(0, length));
  }
});

Deno.test("ciphertexts equal those of the library, for any key and any associated data", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  const keys = fc.constantFrom(32, 48, 64).chain((length) =>
    fc.uint8Array({ minLength: length, maxLength: length })
  );
  const texts = fc.array(bytes, { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(keys, fc.array(bytes, { maxLength: 4 }), texts, (key, data, plaintexts) => {
    const cipher = startSiv(key, data);
    for (const plaintext of plaintexts) {
      assert.equal(
        toHex(cipher.encrypt(plaintext)),
        toHex(aessiv(key, ...data).encrypt(plaintext)),
      );
    }
  }));
});

Deno.test("the counter carries into the next bytes", () => {
  // among 2,000 synthetic IVs are some whose last byte overflows
  const key = Uint8Array.from({ length: 64 }, (_, i) => i * 7);
  const data = [new Uint8Array(1)];
  const cipher = startSiv(key, data);
  let seen = 0;
  for (let n = 0; n < 2_000; n++) {
    const plaintext = new TextEncoder().encode(`${n} `.repeat(40));
    const found = cipher.encrypt(plaintext).slice();
    if (found[15]! < 0xf8) continue;
    seen++;
    assert.equal(toHex(found), toHex(aessiv(key, ...data).encrypt(plaintext)));
  }
  assert.ok(seen > 10);
});

Deno.test("a plaintext of a megabyte is encrypted as by the library", () => {
  const key = crypto.getRandomValues(new Uint8Array(64));
  const plaintext = new Uint8Array(1_000_001).fill(7);
  const found = startSiv(key, []).encrypt(plaintext);
  assert.ok(Buffer.compare(found, aessiv(key).encrypt(plaintext)) === 0);
});

Deno.test("a ciphertext is decrypted, and rejected if any bit is changed", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  const key = crypto.getRandomValues(new Uint8Array(64));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 3 }), bytes, fc.nat(), (data, plaintext, n) => {
      const cipher = startSiv(key, data);
      const sealed = aessiv(key, ...data).encrypt(plaintext);
      assert.equal(toHex(cipher.decrypt(sealed)!), toHex(plaintext));
      const changed = sealed.slice();
      changed[n % changed.length]! ^= 1 << (n % 8);
      assert.equal(cipher.decrypt(changed), undefined);
      assert.equal(cipher.decrypt(sealed.subarray(0, sealed.length - 1)), undefined);
      assert.equal(toHex(cipher.decrypt(sealed)!), toHex(plaintext));
    }),
  );
});

Deno.test("a ciphertext shorter than a synthetic IV is rejected", () => {
  const cipher = startSiv(crypto.getRandomValues(new Uint8Array(64)), []);
  for (const length of [0, 1, 15]) {
    assert.equal(cipher.decrypt(new Uint8Array(length)), undefined);
  }
});
