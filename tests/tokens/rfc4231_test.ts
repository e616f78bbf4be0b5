/** The test cases of RFC 4231 section 4, and random ones compared with Node's HMAC. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { startHmac } from "../../src/tokens/keyed/hmac.ts";
import { HmacLanes } from "../../src/tokens/keyed/hmac_lanes.ts";
import { openSha256Lanes } from "../../src/tokens/keyed/sha256_lanes.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const ascii = (text: string) => new TextEncoder().encode(text);

interface Case {
  readonly number: number;
  readonly key: Uint8Array;
  readonly data: Uint8Array;
  /** HMAC-SHA-256, possibly truncated. */
  readonly code: string;
}

const CASES: readonly Case[] = [
  {
    number: 1,
    key: hex("0b".repeat(20)),
    data: ascii("Hi There"),
    code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  },
  {
    number: 2,
    key: ascii("Jefe"),
    data: ascii("what do ya want for nothing?"),
    code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  },
  {
    number: 3,
    key: hex("aa".repeat(20)),
    data: hex("dd".repeat(50)),
    code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  },
  {
    number: 4,
    key: hex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
    data: hex("cd".repeat(50)),
    code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  },
  {
    number: 5,
    key: hex("0c".repeat(20)),
    data: ascii("Test With Truncation"),
    code: "a3b6167473100ee06e0c796c2955552b",
  },
  {
    number: 6,
    key: hex("aa".repeat(131)),
    data: ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
    code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  },
  {
    number: 7,
    key: hex("aa".repeat(131)),
    data: ascii(
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  },
];

for (const { number, key, data, code } of CASES) {
  Deno.test(`RFC 4231, test case ${number}, with the message divided anywhere`, () => {
    for (let at = 0; at <= data.length; at++) {
      const hmac = startHmac(key, data.subarray(0, at));
      for (let time = 0; time < 2; time++) {
        const found = Buffer.from(hmac.codeOf(data.subarray(at))).toString("hex");
        assert.ok(found.length === 64 && found.startsWith(code), found);
      }
    }
  });
}

Deno.test("codes equal those of Node, for any key, prefix and messages", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(fc.property(bytes, bytes, fc.array(bytes, { maxLength: 5 }), (key, start, rests) => {
    const hmac = startHmac(key, start);
    for (const rest of rests) {
      const expected = createHmac("sha256", key).update(start).update(rest).digest("hex");
      assert.equal(Buffer.from(hmac.codeOf(rest)).toString("hex"), expected);
    }
  }));
});

/** The codes that the lanes compute of packed texts. */
function codesInLanes(key: Uint8Array, beginning: Uint8Array, texts: readonly Uint8Array[]) {
  const lanes = openSha256Lanes();
  const hmac = new HmacLanes(lanes, key, beginning);
  const ends = new Uint32Array(texts.length);
  texts.reduce((sum, { length }, i) => ends[i] = sum + length, 0);
  const codes = hmac.codesOf({ bytes: new Uint8Array(Buffer.concat(texts)), ends });
  const found = texts.map((_, i) => codes.subarray(32 * i, 32 * (i + 1)).toHex());
  assert.equal(codes.length, 32 * texts.length);
  hmac.forget();
  assert.ok(lanes.words.every((word) => word === 0), "something of the key stays in the memory");
  return found;
}

for (const { number, key, data, code } of CASES.filter(({ key }) => key.length <= 64)) {
  Deno.test(`RFC 4231, test case ${number}, in every lane`, () => {
    for (let count = 1; count <= 6; count++) {
      for (const found of codesInLanes(key, ascii(""), Array(count).fill(data))) {
        assert.ok(found.length === 64 && found.startsWith(code), found);
      }
    }
  });
}

Deno.test("four codes at once equal those of Node, for any key, blocks before and messages", () => {
  const key = fc.uint8Array({ maxLength: 64 });
  const blocks = fc.integer({ min: 0, max: 3 }).chain((count) =>
    fc.uint8Array({ minLength: 64 * count, maxLength: 64 * count })
  );
  const texts = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 9 });
  fc.assert(fc.property(key, blocks, texts, (key, beginning, texts) => {
    const expected = texts.map((text) =>
      createHmac("sha256", key).update(beginning).update(text).digest("hex")
    );
    assert.deepEqual(codesInLanes(key, beginning, texts), expected);
  }));
});

Deno.test("after the key is erased, nothing is computed", () => {
  const hmac = startHmac(ascii("a key"), ascii("a beginning"));
  hmac.forget();
  assert.throws(() => hmac.codeOf(ascii("more")));
});
