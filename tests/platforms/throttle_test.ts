/** The throttle of a run: what it waits for, for how long, and that it says so. */
import assert from "node:assert/strict";
import { NO_THROTTLE, Throttle } from "../../src/platforms/throttle.ts";

const never = new AbortController().signal;

/** A throttle with all that it says, and whether `work` is over. */
function watched(settings = NO_THROTTLE) {
  const said: (string | undefined)[] = [];
  const throttle = new Throttle(settings, { onThrottled: (each) => said.push(each?.reason) });
  return { throttle, said };
}

/** Whether the promise is settled by now. */
async function isOver(work: Promise<unknown>): Promise<boolean> {
  const open = Symbol();
  for (let i = 0; i < 20; i++) await Promise.resolve();
  return await Promise.race([work, Promise.resolve(open)]) !== open;
}

Deno.test("a run that nothing limits passes at once, and says nothing", async () => {
  const { throttle, said } = watched();
  throttle.wrote(1e9);
  assert.ok(await isOver(throttle.pass({ signal: never })));
  assert.deepEqual(said, []);
});

Deno.test("a paused run waits until it may go on, and says so once", async () => {
  const { throttle, said } = watched({ ...NO_THROTTLE, paused: true });
  const passes = [throttle.pass({ signal: never }), throttle.pass({ signal: never })];
  const { changed } = throttle;
  throttle.set({ ...NO_THROTTLE, paused: true });
  assert.ok(!await isOver(changed), "the same again is no change");
  throttle.set({ ...NO_THROTTLE, paused: true, connections: 2 });
  await changed;
  assert.ok(!await isOver(Promise.race(passes)));
  assert.deepEqual(said, ["a request to pause"]);
  throttle.set(NO_THROTTLE);
  await Promise.all(passes);
  assert.deepEqual(said, ["a request to pause", undefined]);
});

Deno.test("a run that waits ends for the reason of its signal", async () => {
  const { throttle } = watched({ ...NO_THROTTLE, paused: true });
  const ending = new AbortController();
  const reason = new Error("ended");
  const waiting = assert.rejects(throttle.pass({ signal: ending.signal }), reason);
  ending.abort(reason);
  await waiting;
  await assert.rejects(throttle.pass({ signal: ending.signal }), reason);
});

Deno.test("the next batch waits for as long as the rate asks for the rows of the last one", async () => {
  const { throttle, said } = watched({ ...NO_THROTTLE, rows_per_second: 1000 });
  throttle.wrote(50);
  throttle.wrote(50);
  const startMs = performance.now();
  await throttle.pass({ signal: never });
  assert.ok(performance.now() - startMs >= 90, "a hundred rows take a tenth of a second");
  assert.deepEqual(said, [], "that is not worth a word");
});

Deno.test("a debt of hours at a slow rate is forgotten with the rate", async () => {
  const { throttle, said } = watched({ ...NO_THROTTLE, rows_per_second: 1 });
  throttle.wrote(10_000);
  const passing = throttle.pass({ signal: never });
  assert.ok(!await isOver(passing));
  assert.deepEqual(said, ["the rate of 1 rows a second"]);
  throttle.set({ ...NO_THROTTLE, rows_per_second: 1e9 });
  await passing;
});

Deno.test("a strained server is asked again until it is not, and its failure is the run's", async () => {
  const { throttle, said } = watched();
  const answers = ["a standby", "a standby", undefined];
  let waits = 0;
  await throttle.pass({
    signal: never,
    strain: () => Promise.resolve(answers.shift()),
    onWait: () => Promise.resolve(void waits++),
  });
  assert.deepEqual([said, answers, waits], [["a standby", undefined], [], 1]);
  const failure = new Error("no rights");
  const strain = () => Promise.reject(failure);
  await assert.rejects(throttle.pass({ signal: never, strain }), failure);
});
