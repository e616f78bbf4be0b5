/**
 * OpenTelemetry's own collector takes what the real program sends, in each form of OTLP over HTTP. It
 * hands everything on as JSON, which the tests read.
 */
import assert from "node:assert/strict";
import { PHASES } from "../../src/phases.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { until } from "../../scripts/servers/until.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { compiled, startService } from "../support/program.ts";
import { testUnless } from "../support/skipping.ts";
import { startReceiver } from "../traces/receiver.ts";
import { installCollector } from "./tools.ts";

const collector = await installCollector();
const whyNot = "missing" in collector ? collector.missing : undefined;
const database = await useDatabase({ customers: true });

interface Collector extends AsyncDisposable {
  readonly url: string;
}

/** Starts the collector; it takes what comes with the header `x-key`, and sends it on to `target`. */
async function startCollector(target: string): Promise<Collector> {
  if ("missing" in collector) throw new Error(collector.missing);
  const port = freePort();
  const config = {
    receivers: {
      otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}`, include_metadata: true } } },
    },
    exporters: {
      otlp_http: { endpoint: target, encoding: "json", compression: "none" },
    },
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: { traces: { receivers: ["otlp"], exporters: ["otlp_http"] } },
    },
  };
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(file, JSON.stringify(config)); // JSON is YAML, too
  const child = new Deno.Command(collector.program, {
    args: [`--config=file:${file}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  let hasEnded = false;
  void child.status.then(() => hasEnded = true);
  const isUp = async () => {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    return response !== undefined;
  };
  await until(async () => hasEnded || await isUp(), "the collector does not listen");
  assert.ok(!hasEnded, "the collector does not start");
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(file);
    },
  };
}

const forms = [["http/protobuf", "none"], ["http/protobuf", "gzip"], [
  "http/json",
  "gzip",
]] as const;
for (const [protocol, compression] of forms) {
  const title = `the collector understands ${protocol}${
    compression === "gzip" ? ", compressed" : ""
  }`;
  testUnless(whyNot, title, async () => {
    await using receiver = startReceiver();
    await using through = await startCollector(receiver.url);
    await using service = await startService(compiled, {
      PG_CONN_STR: database.url,
      PUSHDOWN: "false",
      OTEL_EXPORTER_OTLP_ENDPOINT: through.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
      OTEL_SERVICE_NAME: "tokens",
    });
    await database.sql`update customers set email = 'canary@example.com' where id = 1`;
    const dataset_urn = urnOf(`${database.name}.public.customers`);
    const { json, status } = await service.trigger({ dataset_urn, columns: ["email"] });
    assert.equal(status, 200);
    const [run] = await receiver.received("run", 1);
    assert.equal(run!.attributes["tokenize.run_id"], json.run_id);
    assert.equal(run!.attributes["tokenize.updated"], json.updated);
    assert.equal(run!.resource["service.name"], "tokens");
    const phases = receiver.spans.filter(({ parentSpanId }) => parentSpanId === run!.spanId);
    assert.deepEqual(phases.map(({ name }) => name).toSorted(), [...PHASES].toSorted());
    assert.deepEqual(service.log().filter(({ event }) => event === "traces_not_sent"), []);
    assert.doesNotMatch(receiver.text, /canary/);
  });
}
