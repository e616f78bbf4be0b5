/** Messages that begin and end anywhere in what a socket gives. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ConnectionFault } from "../../../../src/platforms/postgres/protocol/connection_fault.ts";
import { MessageReader } from "../../../../src/platforms/postgres/protocol/message_reader.ts";

type Message = readonly [type: number, content: Uint8Array];

function encode([type, content]: Message): Uint8Array {
  const bytes = new Uint8Array(5 + content.length);
  bytes[0] = type;
  new DataView(bytes.buffer).setInt32(1, 4 + content.length);
  bytes.set(content, 5);
  return bytes;
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

function readAll(pieces: Iterable<Uint8Array>): Message[] {
  const reader = new MessageReader();
  const found: Message[] = [];
  for (const piece of pieces) {
    reader.read(piece, (type, bytes, start, end) => found.push([type, bytes.slice(start, end)]));
  }
  return found;
}

Deno.test("however the bytes are cut, the messages are the same", () => {
  const message = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 }));
  const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(fc.array(message), sizes, (messages, sizes) => {
    const bytes = Uint8Array.from(messages.flatMap((each) => [...encode(each)]));
    assert.deepEqual(
      readAll(cut(bytes, sizes)),
      messages.map(([type, content]) => [type, content]),
    );
  }));
});

Deno.test("a length that no message of a start has is refused", () => {
  for (const length of [0, 3, -1, 64 * 1024]) {
    const bytes = new Uint8Array(5);
    new DataView(bytes.buffer).setInt32(1, length);
    assert.throws(() => readAll([bytes]), ConnectionFault);
  }
});

Deno.test("a message of many megabytes that comes in small pieces is joined once", () => {
  const reader = new MessageReader();
  reader.allowAnyLength();
  const content = new Uint8Array(64 * 1024 * 1024);
  content.set([1, 2, 3], content.length - 3);
  const found: number[] = [];
  for (const piece of cut(encode([100, content]), [16 * 1024])) {
    reader.read(piece, (_, bytes, start, end) => found.push(end - start, bytes[end - 1]!));
  }
  assert.deepEqual(found, [content.length, 3]);
});
