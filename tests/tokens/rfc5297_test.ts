/**
 * The test vectors of RFC 5297 appendix A, and random ones compared with the library's AES-SIV; each with both
 * ways to compute AES, of which the program uses one or the other.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createCipheriv } from "node:crypto";
import { aessiv } from "@noble/ciphers/aes.js";
import fc from "fast-check";
import { NativeAes, ScriptedAes } from "../../src/tokens/keyed/aes_blocks.ts";
import { openBatches } from "../support/siv_batches.ts";

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

const WAYS = {
  "by the processor": (key: Uint8Array) => new NativeAes(key),
  "in JavaScript": (key: Uint8Array) => new ScriptedAes(key),
};

for (const [way, openAes] of Object.entries(WAYS)) {
  const open = (key: Uint8Array, data: readonly Uint8Array[]) => openBatches(key, data, openAes);
  const named = (title: string) => `AES ${way}: ${title}`;

  for (const [title, { key, associatedData, plaintext, output }] of Object.entries(VECTORS)) {
    Deno.test(named(`RFC 5297, vector ${title} is encrypted and decrypted`), () => {
      using siv = open(key, associatedData);
      for (const count of [1, 2, 30, 1]) {
        const found = siv.encrypt(Array(count).fill(plaintext));
        assert.deepEqual(found.map(toHex), Array(count).fill(toHex(output)));
        const values = siv.decrypt(Array(count).fill(output));
        assert.deepEqual(values, Array(count).fill(plaintext));
      }
    });
  }

  Deno.test(
    named("ciphertexts of every length equal those of the library, alone and together"),
    () => {
      const key = crypto.getRandomValues(new Uint8Array(64));
      const text = crypto.getRandomValues(new Uint8Array(3_000));
      const data = [text.subarray(0, 33)];
      using siv = open(key, data);
      const lengths = [
        ...Array(200).keys(),
        1_008,
        1_023,
        1_024,
        1_025,
        3_000,
        0,
        1,
        15,
        16,
        17,
        40,
      ];
      const plaintexts = lengths.map((length) => text.slice(0, length));
      const expected = plaintexts.map((each) => toHex(aessiv(key, ...data).encrypt(each)));
      assert.deepEqual(siv.encrypt(plaintexts).map(toHex), expected);
      assert.deepEqual(plaintexts.flatMap((each) => siv.encrypt([each])).map(toHex), expected);
      assert.deepEqual(siv.decrypt(expected.map(hex)), plaintexts);
    },
  );

  Deno.test(
    named("ciphertexts equal those of the library, for any key and any associated data"),
    () => {
      const bytes = fc.uint8Array({ maxLength: 80 });
      const keys = fc.constantFrom(32, 64).chain((length) =>
        fc.uint8Array({ minLength: length, maxLength: length })
      );
      const texts = fc.array(bytes, { maxLength: 20 });
      const data = fc.array(bytes, { maxLength: 4 });
      fc.assert(fc.property(keys, data, texts, (key, data, plaintexts) => {
        using siv = open(key, data);
        const expected = plaintexts.map((each) => toHex(aessiv(key, ...data).encrypt(each)));
        assert.deepEqual(siv.encrypt(plaintexts).map(toHex), expected);
        assert.deepEqual(siv.decrypt(expected.map(hex)), plaintexts);
      }));
    },
  );

  Deno.test(named("the counter carries into the next bytes"), () => {
    // among 2,000 synthetic IVs are some whose last byte overflows
    const key = Uint8Array.from({ length: 64 }, (_, i) => i * 7);
    const data = [new Uint8Array(1)];
    using siv = open(key, data);
    const plaintexts = Array.from(
      { length: 2_000 },
      (_, n) => new TextEncoder().encode(`${n} `.repeat(40)),
    );
    const found = siv.encrypt(plaintexts);
    const overflowing = [...found.keys()].filter((i) => found[i]![15]! >= 0xf8);
    assert.ok(overflowing.length > 10);
    for (const i of overflowing) {
      assert.equal(toHex(found[i]!), toHex(aessiv(key, ...data).encrypt(plaintexts[i]!)));
    }
    assert.deepEqual(siv.decrypt(found), plaintexts);
  });

  Deno.test(named("a plaintext of a megabyte is encrypted as by the library, and not kept"), () => {
    const key = crypto.getRandomValues(new Uint8Array(64));
    const plaintext = new Uint8Array(1_100_001).fill(7);
    using siv = open(key, []);
    const short = new Uint8Array(5);
    const [found, foundShort] = siv.encrypt([plaintext, short]);
    assert.ok(Buffer.compare(found!, aessiv(key).encrypt(plaintext)) === 0);
    assert.equal(toHex(foundShort!), toHex(aessiv(key).encrypt(short)));
    assert.ok(Buffer.compare(siv.decrypt([found!])[0]!, plaintext) === 0);
    assert.equal(siv.cells.bytes.length, 0);
  });

  Deno.test(named("a ciphertext is decrypted, and rejected if any bit is changed"), () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    const key = crypto.getRandomValues(new Uint8Array(64));
    const texts = fc.array(bytes, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 3 }), texts, fc.nat(), (data, plaintexts, n) => {
        using siv = open(key, data);
        const sealed = plaintexts.map((each) => aessiv(key, ...data).encrypt(each));
        const wrong = n % sealed.length;
        const expected = plaintexts.map((each, i) => i === wrong ? undefined : each);
        const changed = sealed[wrong]!.slice();
        changed[n % changed.length]! ^= 1 << (n % 8);
        assert.deepEqual(siv.decrypt(sealed.with(wrong, changed)), expected);
        if (changed.length > 16) {
          const cut = sealed[wrong]!.slice(0, -1);
          assert.deepEqual(siv.decrypt(sealed.with(wrong, cut)), expected);
        }
        assert.deepEqual(siv.decrypt(sealed), plaintexts);
      }),
    );
  });

  Deno.test(named("no text stays in the cells, and a closed key encrypts nothing else"), () => {
    const siv = open(new Uint8Array(64).fill(3), []);
    const [sealed] = siv.encrypt([new Uint8Array(40).fill(9)]);
    assert.ok(siv.cells.words.every((word) => word === 0));
    assert.ok(siv.cells.spare.every((word) => word === 0));
    siv[Symbol.dispose]();
    let found: Uint8Array | undefined;
    try {
      [found] = siv.encrypt([new Uint8Array(40).fill(9)]);
    } catch {
      return;
    }
    assert.notDeepEqual(found, sealed);
  });
}

Deno.test("both ways to compute AES give what Node gives, whatever is encrypted before", () => {
  const key = fc.constantFrom(16, 32).chain((length) =>
    fc.uint8Array({ minLength: length, maxLength: length })
  );
  const iv = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const chains = fc.array(
    fc.integer({ min: 1, max: 9 }).chain((blocks) =>
      fc.uint8Array({ minLength: 16 * blocks, maxLength: 16 * blocks })
    ),
    { maxLength: 4 },
  );
  fc.assert(fc.property(key, iv, chains, (key, iv, chains) => {
    for (const openAes of Object.values(WAYS)) {
      const aes = openAes(key);
      for (const blocks of chains) {
        const byNode = (mode: string, iv: Uint8Array) => {
          const cipher = createCipheriv(`aes-${8 * key.length}-${mode}`, key, iv);
          const encrypted = new Uint8Array(cipher.setAutoPadding(false).update(blocks));
          cipher.final();
          return encrypted;
        };
        assert.equal(toHex(aes.lastOfChain(blocks, iv)), toHex(byNode("cbc", iv).subarray(-16)));
        const encrypted = blocks.slice();
        aes.encrypt(encrypted);
        assert.equal(toHex(encrypted), toHex(byNode("ecb", new Uint8Array(0))));
      }
      aes.close();
    }
  }));
});

Deno.test("FIPS 197, appendix C: AES-128 and AES-256", () => {
  const plaintext = hex("00112233445566778899aabbccddeeff");
  const sequence = Uint8Array.from({ length: 32 }, (_, i) => i);
  const vectors = [
    [16, "69c4e0d86a7b0430d8cdb78070b4c55a"],
    [32, "8ea2b7ca516745bfeafc49904b496089"],
  ] as const;
  for (const [length, expected] of vectors) {
    for (const openAes of Object.values(WAYS)) {
      const blocks = new Uint8Array(3 * 16);
      for (const at of [0, 16, 32]) blocks.set(plaintext, at);
      const aes = openAes(sequence.slice(0, length));
      aes.encrypt(blocks);
      aes.close();
      assert.equal(toHex(blocks), expected.repeat(3));
    }
  }
});
