/** A body that arrives in pieces, or not at all. */
import assert from "node:assert/strict";
import { BodyMemory } from "../../src/http/body_memory.ts";
import { readTrigger } from "../../src/http/trigger_body.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/run_options.ts";

const TRIGGER = { dataset_urn: "urn:li:dataset:(a,b,PROD)", columns: ["email"] };

function request(body: ReadableStream<Uint8Array>): Request {
  const headers = { "content-type": "application/json" };
  return new Request("http://127.0.0.1/trigger", { method: "POST", headers, body });
}

/** A body of these pieces; `ends` says whether it comes to an end. */
function pieces(texts: readonly string[], ends: boolean) {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const text of texts) controller.enqueue(new TextEncoder().encode(text));
      if (ends) controller.close();
    },
    cancel: () => void (cancelled = true),
  });
  return { stream, wasCancelled: () => cancelled };
}

Deno.test("a body may arrive in any number of pieces, and missing fields get their defaults", async () => {
  const body = pieces([...JSON.stringify(TRIGGER)], true);
  const trigger = await readTrigger(request(body.stream), new BodyMemory());
  const { dataset_urn: datasetUrn, columns } = TRIGGER;
  assert.deepEqual(trigger, { ...DEFAULT_RUN_OPTIONS, datasetUrn, columns });
});

Deno.test("a body that does not arrive in time is refused and read no further", async () => {
  const body = pieces(['{"dataset_urn":', '"canary'], false);
  await assert.rejects(readTrigger(request(body.stream), new BodyMemory(), 20), {
    code: "invalid_request",
    message: "Cannot read the trigger: its body did not arrive within 0.02 s",
  });
  assert.ok(body.wasCancelled());
});
