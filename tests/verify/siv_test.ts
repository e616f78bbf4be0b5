/** The opener of `aes-siv` tokens, against the RFC's vectors and against other implementations. */
import assert from "node:assert/strict";
import { aessiv } from "@noble/ciphers/aes.js";
import { SivOpener } from "../../src/verify/siv.ts";
import { openBatches } from "../support/siv_batches.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

Deno.test("RFC 5297, A.1: deterministic authenticated encryption", () => {
  const key = hex("fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff");
  const data = hex("10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627");
  const sealed = hex("85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c");
  assert.ok(new SivOpener(key, data).isAuthentic(sealed));
});

Deno.test("it opens what two other implementations seal, of every length, and no bit of it may change", () => {
  const key = crypto.getRandomValues(new Uint8Array(64));
  for (const dataLength of [0, 1, 16, 29, 64, 100]) {
    const data = crypto.getRandomValues(new Uint8Array(dataLength));
    const opener = new SivOpener(key, data);
    using siv = openBatches(key, [data]);
    for (let length = 0; length < 70; length++) {
      const text = crypto.getRandomValues(new Uint8Array(length));
      const sealed = aessiv(key, data).encrypt(text);
      assert.deepEqual(siv.encrypt([text]), [sealed]);
      assert.ok(opener.isAuthentic(sealed), `${length} bytes`);
      const bit = Math.floor(Math.random() * sealed.length * 8);
      sealed[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(!opener.isAuthentic(sealed), `${length} bytes, bit ${bit}`);
    }
  }
});

Deno.test("the counter carries, for each last byte of an IV", () => {
  const key = crypto.getRandomValues(new Uint8Array(64));
  const data = new Uint8Array(8);
  const opener = new SivOpener(key, data);
  using siv = openBatches(key, [data]);
  const lastBytes = new Set<number>();
  for (let i = 0; lastBytes.size < 256; i++) {
    const [sealed] = siv.encrypt([new TextEncoder().encode(`a text of several blocks: ${i}`)]);
    lastBytes.add(sealed![15]!);
    assert.ok(opener.isAuthentic(sealed!), `text ${i}`);
  }
});

Deno.test("less than an IV, another key and other data are not authentic", () => {
  const key = crypto.getRandomValues(new Uint8Array(64));
  const data = new Uint8Array(8);
  const sealed = aessiv(key, data).encrypt(new Uint8Array(20));
  assert.ok(!new SivOpener(key, data).isAuthentic(sealed.subarray(0, 15)));
  assert.ok(!new SivOpener(key, new Uint8Array(9)).isAuthentic(sealed));
  assert.ok(!new SivOpener(crypto.getRandomValues(new Uint8Array(64)), data).isAuthentic(sealed));
});
