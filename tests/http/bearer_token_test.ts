/** The bearer token: how it is compared. That only it lets a trigger in is in trigger_refusals_test.ts. */
import assert from "node:assert/strict";
import nodeCrypto from "node:crypto";
import { requireBearerToken } from "../../src/http/bearer_token.ts";
import { GrowingPause } from "../../src/http/growing_pause.ts";
import { codeOf, openApi } from "./action_api.ts";

const TOKEN = "canary-secret";
const pause = () => Promise.resolve();
const GIVEN = ["", "x", "canary-secre", "canary-secret", "canary-secret2", "é".repeat(5000)];

Deno.test("two digests are computed and compared for every token, whether it matches or not", async () => {
  const digested: number[] = [];
  const real = nodeCrypto.createHash;
  nodeCrypto.createHash = (algorithm, options) => {
    assert.equal(algorithm, "sha256");
    const made = real(algorithm, options);
    const update = made.update.bind(made) as (data: string) => typeof made;
    made.update = (data: string) => {
      digested.push(new TextEncoder().encode(data).length);
      return update(data);
    };
    return made;
  };
  try {
    for (const given of GIVEN) {
      digested.length = 0;
      const passed = await requireBearerToken(`Bearer ${given}`, TOKEN, pause)
        .then(() => true, () => false);
      assert.equal(passed, given === TOKEN);
      const bytes = new TextEncoder().encode(given).length;
      assert.deepEqual(digested, [bytes, TOKEN.length]);
    }
  } finally {
    nodeCrypto.createHash = real;
  }
});

Deno.test("digests are compared only by the runtime's constant-time function", async () => {
  const source = await Deno.readTextFile(
    new URL("../../src/http/bearer_token.ts", import.meta.url),
  );
  assert.match(source, /if \(timingSafeEqual\(left, right\)\) return;/);
  assert.match(source, /import nodeCrypto, \{ timingSafeEqual \} from "node:crypto";/);
  const comparisons = source.match(/[^=!]==+ [^=]+/g) ?? [];
  assert.ok(comparisons.every((each) => /=== ""/.test(each)), comparisons.join());
});

Deno.test("a wrong token has to wait, but neither a missing one nor the right one", async () => {
  let pauses = 0;
  const counted = () => Promise.resolve(void pauses++);
  await requireBearerToken(`Bearer ${TOKEN}`, TOKEN, counted);
  for (const header of [undefined, "", "Bearer ", `Basic ${TOKEN}`]) {
    await assert.rejects(requireBearerToken(header, TOKEN, counted), /is missing/);
  }
  assert.equal(pauses, 0);
  await assert.rejects(requireBearerToken("Bearer x", TOKEN, counted), /is wrong/);
  assert.equal(pauses, 1);
});

Deno.test("the pause after wrong tokens grows up to a limit", async () => {
  const pause = new GrowingPause();
  const waitedMs: number[] = [];
  for (let i = 0; i < 5; i++) {
    const startMs = performance.now();
    await pause.wait();
    waitedMs.push(performance.now() - startMs);
  }
  // at random each is from half to the whole of 50, 100, 200, 400, 800 ms, and timers are never early
  const least = [25, 50, 100, 200, 400];
  assert.ok(least.every((ms, i) => waitedMs[i]! >= ms - 1), waitedMs.join());
  await Promise.all(Array.from({ length: 100 }, () => pause.wait()));
});

Deno.test("the right token is accepted at once while wrong ones wait", async () => {
  await using api = openApi({ TRIGGER_TOKEN: "canary-trigger-token" });
  let waiting = 20;
  const guesses = Array.from(
    { length: waiting },
    (_, i) =>
      api.trigger({}, { authorization: `Bearer guess-${i}` })
        .then(({ status }) => assert.equal(status, 401)).finally(() => waiting--),
  );
  const response = await api.trigger({}, { authorization: "Bearer canary-trigger-token" });
  assert.equal(codeOf(response), "invalid_request");
  assert.ok(waiting > 0);
  await Promise.all(guesses);
});
