/** Waiting: what ends it, what it returns, and that it leaves nothing behind. */
import assert from "node:assert/strict";
import {
  abortable,
  aborted,
  backoffMs,
  deadline,
  delay,
  pool,
  Semaphore,
  settleWithin,
} from "../src/async.ts";

const REASON = new Error("ended early");
/** Long enough that a test which waits for it fails by its time limit. */
const VERY_LONG_MS = 2 ** 31 - 1;

// Deno's test runner fails a test that leaves a timer behind: each of these clears its own.

const never = () => new Promise<never>(() => {});

Deno.test("a delay ends after its time, or as soon as its signal is aborted", async () => {
  const startMs = performance.now();
  await delay(20);
  assert.ok(performance.now() - startMs >= 19); // timers count whole milliseconds
  const abort = new AbortController();
  const waiting = delay(VERY_LONG_MS, abort.signal);
  abort.abort(REASON);
  await assert.rejects(waiting, REASON);
  await assert.rejects(delay(VERY_LONG_MS, abort.signal), REASON);
});

Deno.test("aborted() resolves once its signal is aborted, even if it was aborted before", async () => {
  const abort = new AbortController();
  const waiting = aborted(abort.signal);
  abort.abort();
  await waiting;
  await aborted(abort.signal);
});

Deno.test("abortable() passes on the result or the error of the work", async () => {
  const { signal } = new AbortController();
  assert.equal(await abortable(Promise.resolve(1), signal), 1);
  await assert.rejects(abortable(Promise.reject(REASON), signal), REASON);
});

Deno.test("abortable() throws the signal's reason, and ignores a later failure of the work", async () => {
  const abort = new AbortController();
  const work = Promise.withResolvers<never>();
  const waiting = abortable(work.promise, abort.signal);
  abort.abort(REASON);
  await assert.rejects(waiting, REASON);
  work.reject(new Error("too late"));
  await assert.rejects(abortable(never(), abort.signal), REASON);
});

Deno.test("abortable() with a grace period accepts a result within it", async () => {
  const abort = new AbortController();
  const work = Promise.withResolvers<string>();
  const waiting = abortable(work.promise, abort.signal, VERY_LONG_MS);
  abort.abort(REASON);
  work.resolve("just in time");
  assert.equal(await waiting, "just in time");
  await assert.rejects(abortable(never(), abort.signal, 1), REASON);
});

Deno.test("deadline() passes on a result that is in time", async () => {
  assert.equal(await deadline(() => Promise.resolve(1), { limitMs: VERY_LONG_MS }), 1);
  await assert.rejects(
    deadline(() => Promise.reject(REASON), { limitMs: VERY_LONG_MS }),
    REASON,
  );
  const atOnce = () => {
    throw REASON;
  };
  await assert.rejects(deadline(atOnce, { limitMs: VERY_LONG_MS }), REASON);
});

Deno.test("deadline() aborts the work and throws its reason when the time is up", async () => {
  let seen: AbortSignal | undefined;
  const work = (signal: AbortSignal) => {
    seen = signal;
    return never();
  };
  await assert.rejects(deadline(work, { limitMs: 1, reason: () => REASON }), REASON);
  assert.equal(seen?.reason, REASON);
  await assert.rejects(deadline(never, { limitMs: 1 }), { name: "TimeoutError" });
});

Deno.test("deadline() ends with its signal's reason", async () => {
  const abort = new AbortController();
  let seen: AbortSignal | undefined;
  const waiting = deadline((signal) => {
    seen = signal;
    return never();
  }, { limitMs: VERY_LONG_MS, signal: abort.signal });
  abort.abort(REASON);
  await assert.rejects(waiting, REASON);
  assert.equal(seen?.reason, REASON);
  await assert.rejects(
    deadline(never, { limitMs: VERY_LONG_MS, signal: abort.signal }),
    REASON,
  );
});

Deno.test("settleWithin() waits until the work has ended, however it ends, but not beyond the limit", async () => {
  await settleWithin(VERY_LONG_MS, Promise.resolve());
  await settleWithin(VERY_LONG_MS, Promise.reject(REASON));
  await settleWithin(1, never());
});

Deno.test("a backoff doubles up to its limit, and is shortened at random by up to half", () => {
  const limits = { firstMs: 100, maxMs: 1000 };
  const wholeMs = [100, 200, 400, 800, 1000, 1000];
  wholeMs.forEach((whole, i) => {
    const waits = Array.from({ length: 200 }, () => backoffMs(i + 1, limits));
    assert.ok(waits.every((ms) => ms >= whole / 2 && ms <= whole));
    assert.ok(new Set(waits).size > 1);
  });
  assert.ok(backoffMs(5000, limits) <= 1000);
});

Deno.test("a semaphore gives out its slots in the order of the requests", async () => {
  const semaphore = new Semaphore(2);
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const begun: number[] = [];
  const results = gates.map((gate, i) =>
    semaphore.run(async () => {
      begun.push(i);
      await gate.promise;
      return i;
    })
  );
  assert.deepEqual(begun, [0, 1]);
  gates[1]!.resolve();
  await results[1];
  gates[2]!.resolve();
  await results[2];
  assert.deepEqual(begun, [0, 1, 2, 3]);
  gates[0]!.resolve();
  gates[3]!.resolve();
  assert.deepEqual(await Promise.all(results), [0, 1, 2, 3]);
});

Deno.test("a semaphore's slot is free again after a failure", async () => {
  const semaphore = new Semaphore(1);
  await assert.rejects(semaphore.run(() => Promise.reject(REASON)), REASON);
  assert.equal(await semaphore.run(() => Promise.resolve(1)), 1);
});

Deno.test("a pool works on as many items as allowed, and takes the next one only when a slot is free", async () => {
  const taken: number[] = [];
  const done: number[] = [];
  let underWay = 0;
  let most = 0;
  function* items() {
    for (let i = 0; i < 9; i++) {
      taken.push(i);
      yield i;
    }
  }
  await pool(3, items(), async (item) => {
    assert.ok(taken.length - done.length <= 3);
    most = Math.max(most, ++underWay);
    await delay(1);
    underWay--;
    done.push(item);
  });
  assert.equal(most, 3);
  assert.deepEqual(done.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

Deno.test("a pool also takes items that arrive later", async () => {
  async function* items() {
    for (let i = 0; i < 4; i++) {
      await delay(1);
      yield i;
    }
  }
  const done: number[] = [];
  await pool(2, items(), (item) => Promise.resolve(void done.push(item)));
  assert.deepEqual(done, [0, 1, 2, 3]);
  await pool(2, [], () => assert.fail("there is no item"));
});

Deno.test("after a failure a pool starts nothing more, waits for the work in progress and closes its source", async () => {
  const gate = Promise.withResolvers<void>();
  const begun: number[] = [];
  let isClosed = false;
  let hasEnded = false;
  function* items() {
    try {
      for (let i = 0;; i++) yield i;
    } finally {
      isClosed = true;
    }
  }
  const running = pool(2, items(), async (item) => {
    begun.push(item);
    if (item === 1) throw REASON;
    await gate.promise;
    throw new Error("a second failure");
  }).finally(() => hasEnded = true);
  running.catch(() => {});
  await delay(5);
  assert.equal(hasEnded, false);
  gate.resolve();
  await assert.rejects(running, REASON);
  assert.deepEqual(begun, [0, 1]);
  assert.ok(isClosed);
});

Deno.test("a pool passes on the failure of its source", async () => {
  // deno-lint-ignore require-yield -- it fails before
  function* items(): Generator<number> {
    throw REASON;
  }
  await assert.rejects(pool(2, items(), never), REASON);
});
