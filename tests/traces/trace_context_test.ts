/** W3C Trace Context: read, kept while something is worked on, and passed on. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { currentTrace, inTrace, readTraceContext, traceHeaders } from "../../src/trace_context.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

Deno.test("what is read is passed on, with its state", () => {
  const context = readTraceContext(` ${TRACEPARENT} `, "vendor=a, other=b");
  assert.deepEqual(traceHeaders(context), {
    traceparent: TRACEPARENT,
    tracestate: "vendor=a, other=b",
  });
  assert.deepEqual(traceHeaders(readTraceContext(`00-${TRACE_ID}-00f067aa0ba902b7-fe`, "")), {
    traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-00`, // an unknown flag is not passed on
  });
});

Deno.test("a state that no header can have is dropped, and the trace goes on", () => {
  for (const state of ["a=\n1", "ä=1", "a".repeat(1025)]) {
    assert.deepEqual(traceHeaders(readTraceContext(TRACEPARENT, state)), {
      traceparent: TRACEPARENT,
    });
  }
});

Deno.test("nothing but a traceparent is read as one", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    assert.equal(readTraceContext(text, undefined), undefined);
  }));
});

Deno.test("work that overlaps stays in its own trace, however it waits", async () => {
  const contexts = ["1", "2", "3"].map((digit) =>
    readTraceContext(`00-${digit.repeat(32)}-${digit.repeat(16)}-01`, undefined)!
  );
  const seen = await Promise.all(contexts.map((context) =>
    inTrace(context, async () => {
      const ids: (string | undefined)[] = [];
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        ids.push(currentTrace()?.traceId);
      }
      return ids;
    })
  ));
  assert.deepEqual(seen, contexts.map(({ traceId }) => [traceId, traceId, traceId]));
  assert.equal(currentTrace(), undefined);
});
