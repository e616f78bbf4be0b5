/** How each failure of a request is handled: sent again, passed to the caller, or reported. */
import assert from "node:assert/strict";
import { type ErrorCode, ServiceError } from "../../../src/errors.ts";
import type { Observation } from "../../../src/observations.ts";
import { WarehouseWait } from "../../../src/platforms/databricks/connection/await_warehouse.ts";
import {
  HttpStatusError,
  NoResponseError,
} from "../../../src/platforms/databricks/connection/http_transport.ts";
import {
  ATTEMPTS,
  type RequestOptions,
  Requests,
} from "../../../src/platforms/databricks/connection/retry_request.ts";
import {
  OutcomeUnknownError,
  StaleHandleError,
} from "../../../src/platforms/databricks/connection/warehouse_errors.ts";

const LIMITS = { startTimeoutMs: 5000, rateLimitTimeoutMs: 5000, requestTimeoutMs: 5000 };
const READ: RequestOptions = { repeatable: true };
const WRITE: RequestOptions = { repeatable: false };

/** The requests of a run, and what it would have logged. */
function openRun(limits = LIMITS) {
  const ending = new AbortController();
  const observations: Observation[] = [];
  const run = {
    runId: "r",
    signal: ending.signal,
    observe: (each: Observation) => void observations.push(each),
  };
  let renewals = 0;
  const authorization = {
    renew() {
      renewals++;
      return true;
    },
  };
  const wait = new WarehouseWait(run, limits);
  const requests = new Requests({ authorization, wait, signal: ending.signal });
  return { requests, wait, ending, observations, renewals: () => renewals };
}

/** Sends a request that meets these failures, one after the other, and then gets a response. */
async function sendThrough(
  faults: readonly Error[],
  options: RequestOptions,
  run = openRun(),
): Promise<{ sent: number; result?: string; error?: unknown }> {
  let sent = 0;
  const send = () => {
    const fault = faults[sent++];
    return fault === undefined ? Promise.resolve("done") : Promise.reject(fault);
  };
  try {
    return { result: await run.requests.send("do it", options, send), sent };
  } catch (error) {
    return { error, sent };
  }
}

function assertFails({ error }: { error?: unknown }, code: ErrorCode): void {
  assert.ok(error instanceof ServiceError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, /^Cannot do it: /);
}

const lost = new NoResponseError(true, "ECONNRESET");
const unsent = new NoResponseError(false, "ECONNREFUSED");

Deno.test("a request that gets a response is sent once, whether it may be repeated or not", async () => {
  for (const options of [READ, WRITE]) {
    assert.deepEqual(await sendThrough([], options), { result: "done", sent: 1 });
  }
});

Deno.test("a request that is rejected for now is sent again, also a write", async () => {
  for (const status of [429, 503]) {
    for (const options of [READ, WRITE]) {
      const refused = new HttpStatusError(status, 0);
      const { result, sent } = await sendThrough([refused, refused], options);
      assert.deepEqual([result, sent], ["done", 3]);
    }
  }
});

Deno.test("a wait that is longer than the run allows is a timeout at once", async () => {
  assertFails(await sendThrough([new HttpStatusError(429, 60)], READ), "timeout");
  assertFails(await sendThrough([new HttpStatusError(503, 60)], READ), "timeout");
});

Deno.test("429 responses are logged as retries, and a starting warehouse as one", async () => {
  const run = openRun();
  await sendThrough([new HttpStatusError(429, 0), new HttpStatusError(503, 1)], READ, run);
  assert.deepEqual(run.observations.map(({ event }) => event), ["retrying", "warehouse_starting"]);
});

Deno.test("a rejected token is renewed once, and the request sent again with the new one", async () => {
  const run = openRun();
  const unauthorized = new HttpStatusError(401, undefined);
  assert.equal((await sendThrough([unauthorized], WRITE, run)).result, "done");
  assert.equal(run.renewals(), 1);
  const twice = await sendThrough([unauthorized, unauthorized], READ);
  assertFails(twice, "database_unreachable");
  assert.equal(twice.sent, 2);
});

Deno.test("without a response, a read is sent again, and the outcome of a write is unknown", async () => {
  assert.deepEqual(await sendThrough([lost], READ), { result: "done", sent: 2 });
  const { error, sent } = await sendThrough([lost], WRITE);
  assert.ok(error instanceof OutcomeUnknownError);
  assert.equal(sent, 1);
});

Deno.test("a request that was never sent is sent again, also a write", async () => {
  assert.deepEqual(await sendThrough([unsent], WRITE), { result: "done", sent: 2 });
});

Deno.test("an address that cannot be reached at first is not tried again", async () => {
  const first = await sendThrough([unsent], { repeatable: true, isFirst: true });
  assertFails(first, "database_unreachable");
  assert.equal(first.sent, 1);
});

Deno.test(`a request without a response fails after ${ATTEMPTS} attempts`, async () => {
  const ended = await sendThrough([lost, unsent, lost, unsent, lost], READ);
  assertFails(ended, "database_unreachable");
  assert.equal(ended.sent, ATTEMPTS);
});

Deno.test("a handle that the warehouse does not know is left to the caller", async () => {
  const { error, sent } = await sendThrough([new HttpStatusError(404, undefined)], READ);
  assert.ok(error instanceof StaleHandleError);
  assert.equal(sent, 1);
});

Deno.test("other failures are reported at once", async () => {
  const forbidden = await sendThrough([new HttpStatusError(403, undefined)], READ);
  assertFails(forbidden, "permission_denied");
  assert.equal(forbidden.sent, 1);
});

Deno.test("after it is closed, nothing is sent", async () => {
  const run = openRun();
  run.requests.close();
  const { error, sent } = await sendThrough([], READ, run);
  assert.ok(error instanceof StaleHandleError);
  assert.equal(sent, 0);
});

Deno.test("a pause ends with the run, with the run's reason", async () => {
  const run = openRun();
  const sending = sendThrough([new HttpStatusError(429, 4)], READ, run);
  run.ending.abort(new ServiceError("shutting_down", "Cannot do it: it is to end"));
  assertFails(await sending, "shutting_down");
});

Deno.test("a request's own signal ends only that request", async () => {
  const run = openRun();
  const signal = AbortSignal.abort(new ServiceError("timeout", "Cannot do it: too late"));
  assertFails(await sendThrough([], { repeatable: true, signal }, run), "timeout");
  assert.equal((await sendThrough([], READ, run)).result, "done");
});

Deno.test("the wait is aborted when the warehouse should have started", async () => {
  const run = openRun({ startTimeoutMs: 1, rateLimitTimeoutMs: 0, requestTimeoutMs: 0 });
  const watch = run.wait.watchStart("do it");
  const neverOpens = () => new Promise<string>(() => {});
  const options = { repeatable: true, signal: watch.signal };
  const sending = run.requests.send("do it", options, neverOpens);
  await assert.rejects(sending, { code: "timeout", message: /did not start within 0.001 s/ });
  watch.stop();
});
