/** How much memory request bodies use while they arrive. */
import assert from "node:assert/strict";
import { BodyMemory } from "../../src/http/body_memory.ts";

const KIB = new Uint8Array(1024).fill(7);

Deno.test("a body is what was added to it, in that order", () => {
  using body = new BodyMemory().collect();
  for (let i = 0; i < 100; i++) body.append(Uint8Array.of(i, i + 1));
  body.append(KIB);
  assert.equal(body.bytes.length, 200 + 1024);
  assert.deepEqual([...body.bytes.subarray(196, 202)], [98, 99, 99, 100, 7, 7]);
  assert.equal(body.signal.aborted, false);
});

Deno.test("the oldest bodies are dropped to make room for others", () => {
  const memory = new BodyMemory(64 * 1024);
  const bodies = Array.from({ length: 10 }, () => memory.collect());
  for (let kib = 0; kib < 16; kib++) for (const body of bodies) body.append(KIB);
  const kept = bodies.filter(({ signal }) => !signal.aborted);
  assert.deepEqual(kept, bodies.slice(-4));
  assert.ok(kept.every(({ bytes }) => bytes.length === 16 * 1024));
  assert.ok(bodies.slice(0, 6).every(({ capacity }) => capacity === 0));
});

Deno.test("a complete body releases its memory", () => {
  const memory = new BodyMemory(8 * 1024);
  using empty = memory.collect();
  for (let i = 0; i < 100; i++) {
    using body = memory.collect();
    for (let kib = 0; kib < 4; kib++) body.append(KIB);
    assert.equal(body.signal.aborted, false);
  }
  assert.equal(empty.signal.aborted, false);
});

Deno.test("a body larger than all of the memory is dropped itself", () => {
  const memory = new BodyMemory(4 * 1024);
  using body = memory.collect();
  for (let kib = 0; kib < 9; kib++) body.append(KIB);
  assert.deepEqual([body.signal.aborted, body.capacity], [true, 0]);
});
