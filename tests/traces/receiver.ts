/** A receiver of OTLP/JSON, as a collector has one: it keeps what it is sent. */
import assert from "node:assert/strict";
import { until } from "../../scripts/servers/until.ts";

/** A span as it was sent. */
export interface ReceivedSpan {
  readonly name: string;
  /** 1 within a service, 2 for another one. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0 not set, 2 error. */
  readonly statusCode: number;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A receiver that listens. */
export interface Receiver extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly port: number;
  readonly spans: readonly ReceivedSpan[];
  /** The headers of each request. */
  readonly requests: readonly Headers[];
  /** The whole of what was sent. */
  readonly text: string;
  /** Waits until it has that many spans of a name. */
  received(name: string, count: number): Promise<readonly ReceivedSpan[]>;
}

/** How it responds. */
export interface ReceiverOptions {
  readonly port?: number;
  /** 200 by default; undefined: never. */
  readonly status?: number | undefined;
}

/** Starts it. */
export function startReceiver(options: ReceiverOptions = { status: 200 }): Receiver {
  const spans: ReceivedSpan[] = [];
  const requests: Headers[] = [];
  const texts: string[] = [];
  const { status = "status" in options ? undefined : 200, port = 0 } = options;
  const hanging = Promise.withResolvers<Response>();
  const listen = { hostname: "127.0.0.1", port, onListen: () => {} };
  const server = Deno.serve(listen, async (request) => {
    requests.push(request.headers);
    const text = await request.text();
    if (status === undefined) return await hanging.promise;
    if (status !== 200) return new Response("canary", { status });
    assert.equal(new URL(request.url).pathname, "/v1/traces");
    texts.push(text);
    spans.push(...spansIn(JSON.parse(text)));
    return Response.json({});
  });
  const { port: own } = server.addr as Deno.NetAddr;
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    spans,
    requests,
    get text() {
      return texts.join("\n");
    },
    async received(name, count) {
      const found = () => spans.filter((span) => span.name === name);
      await until(() => found().length >= count, `fewer than ${count} spans "${name}"`);
      return found();
    },
    async [Symbol.asyncDispose]() {
      hanging.resolve(new Response());
      await server.shutdown();
    },
  };
}

// deno-lint-ignore no-explicit-any -- the form is OTLP's, and a wrong one fails the test
function spansIn({ resourceSpans }: any): ReceivedSpan[] {
  // deno-lint-ignore no-explicit-any -- as above
  return resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
    // deno-lint-ignore no-explicit-any -- as above
    scopeSpans.flatMap(({ spans }: any) =>
      // deno-lint-ignore no-explicit-any -- as above
      spans.map((span: any): ReceivedSpan => ({
        name: span.name,
        kind: span.kind,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: valuesOf(span.attributes),
        statusCode: span.status?.code ?? 0,
        resource: valuesOf(resource.attributes),
      }))
    )
  );
}

function valuesOf(
  attributes: readonly { key: string; value: Record<string, unknown> }[] = [],
): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => {
    const [[kind, content] = []] = Object.entries(value);
    return [key, kind === "intValue" ? Number(content) : content];
  }));
}
