/** The queue of datasets that are due. */
import assert from "node:assert/strict";
import { until } from "../../../scripts/servers/until.ts";
import { DueQueue, type DueQueueOptions } from "../../../src/datahub/loop/due_queue.ts";

interface Begun {
  readonly key: string;
  readonly hints: readonly string[];
  readonly end: (error?: Error) => void;
}

/** A queue whose work the test ends. */
function openQueue(options: Partial<DueQueueOptions<string>> = {}) {
  const begun: Begun[] = [];
  const queue = new DueQueue<string>({
    concurrency: 2,
    backoff: { firstMs: 1, maxMs: 1 },
    work: (key, hints) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => error === undefined ? resolve(undefined) : reject(error);
        begun.push({ key, hints: [...hints], end });
      }),
    ...options,
  });
  const keys = () => begun.map(({ key }) => key);
  return { queue, begun, keys };
}

Deno.test("a key that is marked often is worked on once, with every hint", async () => {
  const { queue, begun, keys } = openQueue();
  const marks = ["a", "b", "c"].map((hint) => queue.mark("x", { delayMs: 5, hint }));
  assert.deepEqual([queue.due, queue.later], [0, 1]);
  await until(() => begun.length > 0);
  assert.deepEqual([keys(), begun[0]!.hints], [["x"], ["a", "b", "c"]]);
  begun[0]!.end();
  await Promise.all(marks);
  assert.deepEqual([queue.due, queue.running], [0, 0]);
});

Deno.test("a key that is marked during its work is worked on again, after that", async () => {
  const { queue, begun, keys } = openQueue();
  void queue.mark("x");
  const again = queue.mark("x");
  assert.deepEqual([keys(), queue.due], [["x"], 1]);
  begun[0]!.end();
  await until(() => begun.length === 2);
  begun[1]!.end();
  await again;
});

Deno.test("no more is under way than allowed, and what is urgent comes before what a sweep found", async () => {
  const { queue, begun, keys } = openQueue();
  for (const key of ["a", "b", "c", "d"]) void queue.mark(key, { isBulk: true });
  void queue.mark("urgent");
  assert.deepEqual([keys(), queue.running, queue.due], [["a", "b"], 2, 3]);
  begun[0]!.end();
  await until(() => begun.length === 3);
  assert.equal(begun[2]!.key, "urgent");
  void queue.mark("d");
  begun[1]!.end();
  await until(() => begun.length === 4);
  assert.equal(begun[3]!.key, "d", "an event overtakes the sweep for the same dataset");
});

Deno.test("a failure makes the key due again with its hints, and is no failure of who marked it", async () => {
  const { queue, begun } = openQueue();
  const marked = queue.mark("x", { hint: "a" });
  begun[0]!.end(new Error("it is a test"));
  await marked;
  await until(() => begun.length === 2);
  assert.deepEqual(begun[1]!.hints, ["a"]);
  begun[1]!.end();
});

Deno.test("work can make its key due again later", async () => {
  let times = 0;
  const { queue } = openQueue({
    work: () => Promise.resolve(++times < 3 ? { afterMs: 1, hint: "again" } : undefined),
  });
  void queue.mark("x");
  await until(() => times === 3);
  await until(() => queue.due + queue.later + queue.running === 0);
});

Deno.test("a closed queue starts nothing, and waits for what is under way", async () => {
  const { queue, begun, keys } = openQueue();
  void queue.mark("x");
  void queue.mark("later", { delayMs: 1 });
  const closed = queue.close();
  void queue.mark("y");
  begun[0]!.end();
  await closed;
  assert.deepEqual([keys(), queue.due, queue.later, queue.running], [["x"], 0, 0, 0]);
});

Deno.test("ten thousand marks of ten thousand keys keep order and limits", async () => {
  const done: string[] = [];
  let most = 0;
  let running = 0;
  const { queue } = openQueue({
    concurrency: 4,
    async work(key) {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      done.push(key);
      return undefined;
    },
  });
  const keys = Array.from({ length: 10_000 }, (_, i) => `dataset ${i}`);
  await Promise.all(keys.map((key) => queue.mark(key, { isBulk: true })));
  assert.deepEqual(done, keys);
  assert.equal(most, 4);
});
