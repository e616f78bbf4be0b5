/** Traces of the real program: what is sent, where it belongs, and that sending it harms nothing. */
import assert from "node:assert/strict";
import { PHASES } from "../../src/phases.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { compiled, type LogLine, runProgram, startService } from "../support/program.ts";
import { scrape } from "../support/scrape.ts";
import { type ReceivedSpan, startReceiver } from "./receiver.ts";

const database = await useDatabase({ customers: true });
const dataset_urn = urnOf(`${database.name}.public.customers`);
const columns = ["email", "phone"];
const body = { dataset_urn, columns };
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

/** Spans go out as JSON, and the SDK is asked for tokens. */
function tracing(url: string, more: Readonly<Record<string, string>> = {}) {
  return {
    PG_CONN_STR: database.url,
    PUSHDOWN: "false",
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    ...more,
  };
}

function childrenOf(parent: ReceivedSpan, spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId)
    .toSorted((a, b) => a.startNs < b.startNs ? -1 : 1);
}

async function triggerWith(url: string, headers: Record<string, string>): Promise<Response> {
  return await fetch(`${url}/trigger`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

Deno.test("a run is a span of its caller's trace, with a span for each phase within", async () => {
  await database.sql`update customers set email = 'canary@example.com' where id = 1`;
  await using receiver = startReceiver();
  await using service = await startService(compiled, {
    ...tracing(receiver.url, {
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=a%20b",
      OTEL_SERVICE_NAME: "tokens",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    }),
  });
  const response = await triggerWith(service.url, { traceparent: TRACEPARENT, tracestate: "a=1" });
  const report = await response.json();
  assert.equal(response.status, 200);
  const { code } = await service.stop("SIGTERM"); // which sends what is left
  assert.equal(code, 0);

  const [run, ...others] = receiver.spans.filter(({ name }) => name === "run");
  assert.deepEqual(others, []);
  assert.equal(run!.traceId, TRACE_ID);
  assert.deepEqual([run!.parentSpanId, run!.kind], ["00f067aa0ba902b7", 2]);
  assert.equal(run!.statusCode, 0);
  assert.deepEqual(run!.attributes, {
    "tokenize.run_id": report.run_id,
    "tokenize.dataset_urn": dataset_urn,
    "tokenize.operation": "tokenize",
    "tokenize.dry_run": false,
    "tokenize.platform": "postgres",
    "tokenize.table": report.table,
    "tokenize.method": "client",
    "tokenize.updated": report.updated,
    "tokenize.skipped": report.skipped,
    "tokenize.foreign": 0,
  });
  const phases = childrenOf(run!, receiver.spans);
  assert.deepEqual(phases.map(({ name }) => name).toSorted(), [...PHASES].toSorted());
  assert.equal(receiver.spans.length, 1 + PHASES.length);
  for (const { name, startNs, endNs, traceId, attributes } of phases) {
    assert.equal(traceId, TRACE_ID);
    assert.ok(startNs >= run!.startNs && startNs <= endNs && endNs <= run!.endNs, name);
    assert.ok(Number(attributes["tokenize.steps"]) >= 1, name);
    const seconds = Number(endNs - startNs) / 1e9;
    assert.ok(Number(attributes["tokenize.busy_seconds"]) <= seconds + 0.001, name);
  }
  assert.equal(run!.resource["service.name"], "tokens");
  assert.equal(run!.resource["deployment.environment.name"], "test");
  assert.equal(receiver.requests[0]!.get("x-tenant"), "a b");
  assert.doesNotMatch(receiver.text, /canary|"email"|"phone"/);
  const lines = service.log().filter(({ runId }) => runId === report.run_id);
  assert.ok(lines.length >= 2);
  for (const { event, trace_id, span_id } of lines) {
    assert.deepEqual([trace_id, span_id], [TRACE_ID, run!.spanId], event);
  }
});

Deno.test("a run that fails is a span with its code, and one that nobody traces begins a trace", async () => {
  await using receiver = startReceiver();
  await using service = await startService(compiled, tracing(receiver.url));
  const missing = urnOf(`${database.name}.public.missing`);
  assert.equal((await service.trigger({ ...body, dataset_urn: missing })).status, 404);
  await service.trigger({ ...body, dry_run: true });
  const [failed, dryRun] = await receiver.received("run", 2);
  assert.equal(failed!.statusCode, 2);
  assert.equal(failed!.attributes["error.type"], "table_not_found");
  assert.equal(dryRun!.attributes["tokenize.dry_run"], true);
  for (const { parentSpanId } of [failed!, dryRun!]) assert.equal(parentSpanId, undefined);
  assert.notEqual(failed!.traceId, dryRun!.traceId);
});

Deno.test("a caller who does not record is followed, and so is the share that is to be sent", async () => {
  await using receiver = startReceiver();
  const unrecorded = `00-${TRACE_ID}-00f067aa0ba902b7-00`;
  await using service = await startService(compiled, tracing(receiver.url));
  const response = await triggerWith(service.url, { traceparent: unrecorded });
  const { run_id } = await response.json();
  const line = await service.logged("run_finished");
  assert.deepEqual([line.runId, line.trace_id], [run_id, TRACE_ID]);
  await service.stop("SIGTERM");

  const share = { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" };
  await using none = await startService(compiled, tracing(receiver.url, share));
  await none.trigger(body);
  await none.stop("SIGTERM");
  assert.deepEqual(receiver.spans, []);
});

Deno.test("the command line continues the trace that it was started in, here and in the action", async () => {
  await using receiver = startReceiver();
  await using service = await startService(compiled, tracing(receiver.url));
  const args = ["--urn", dataset_urn, "--columns", "email", "--json"];
  const asked = await runProgram(compiled, ["trigger", ...args, "--url", service.url], {
    TRACEPARENT,
  });
  assert.equal(asked.code, 0, asked.stderr);
  const once = await runProgram(compiled, ["run", ...args], {
    ...tracing(receiver.url),
    TRACEPARENT,
  });
  assert.equal(once.code, 0, once.stderr);
  const runs = await receiver.received("run", 2);
  assert.deepEqual(runs.map(({ traceId }) => traceId), [TRACE_ID, TRACE_ID]);
});

Deno.test("a malformed traceparent begins a new trace", async () => {
  await using receiver = startReceiver();
  await using service = await startService(compiled, tracing(receiver.url));
  const malformed = [
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-${"0".repeat(16)}-01`,
    `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01`,
    `${TRACEPARENT}-more`,
    `ff-${TRACE_ID}-00f067aa0ba902b7-01`,
    "canary",
  ];
  for (const traceparent of malformed) {
    const response = await triggerWith(service.url, { traceparent });
    assert.equal(response.status, 200, await response.text());
  }
  const later = `01-${TRACE_ID}-00f067aa0ba902b7-01-more`; // a later version may say more
  await (await triggerWith(service.url, { traceparent: later })).body?.cancel();
  const runs = await receiver.received("run", malformed.length + 1);
  const continued = runs.filter(({ traceId }) => traceId === TRACE_ID);
  assert.equal(continued.length, 1);
});

for (
  const [title, status, expected] of [
    ["refuses", 400, "the collector responds with the status 400"],
    ["fails", 503, "the collector does not take them in time"],
    ["does not respond", undefined, "the collector does not take them in time"],
  ] as const
) {
  Deno.test(`a collector that ${title} holds up no run and no end; it is said once`, async () => {
    await using receiver = startReceiver({ status });
    const timeout = { OTEL_EXPORTER_OTLP_TIMEOUT: "500" };
    await using service = await startService(compiled, tracing(receiver.url, timeout));
    for (let i = 0; i < 3; i++) assert.equal((await service.trigger(body)).status, 200);
    const { reason } = await service.logged("traces_not_sent");
    assert.equal(reason, expected);
    assert.equal((await service.trigger(body)).status, 200);
    const { code } = await service.stop("SIGTERM");
    assert.equal(code, 0);
    const said = service.log().filter(({ event }) => event === "traces_not_sent");
    assert.equal(said.length, 1);
  });
}

Deno.test("a collector that comes late gets what it can, and what was lost is counted", async () => {
  const port = freePort();
  const timeout = { OTEL_EXPORTER_OTLP_TIMEOUT: "100" };
  const url = `http://127.0.0.1:${port}`;
  await using service = await startService(compiled, tracing(url, timeout));
  await service.trigger(body);
  const { reason } = await service.logged("traces_not_sent");
  assert.equal(reason, "ECONNREFUSED");
  await using receiver = startReceiver({ port });
  await service.trigger(body);
  await receiver.received("run", 1);
  const again: LogLine = await service.logged("traces_sent_again");
  const { series } = await scrape(service.url);
  assert.equal(series.get("tokenize_trace_spans_lost_total"), again.lost);
  assert.ok(Number(again.lost) >= 1);
});

Deno.test("a run of many batches has as many spans as a small one", async () => {
  await database.sql`create table wide as
    select i as id, 'canary' || i || '@example.com' as email from generate_series(1, 30000) i`;
  await using receiver = startReceiver();
  await using service = await startService(compiled, tracing(receiver.url));
  const wide = { dataset_urn: urnOf(`${database.name}.public.wide`), columns: ["email"] };
  const { json } = await service.trigger(wide);
  assert.equal(json.updated, 30_000);
  await receiver.received("run", 1);
  await service.stop("SIGTERM");
  assert.equal(receiver.spans.length, 1 + PHASES.length);
  const write = receiver.spans.find(({ name }) => name === "write");
  assert.ok(Number(write!.attributes["tokenize.steps"]) > 10);
  assert.doesNotMatch(receiver.text, /canary/);
});
