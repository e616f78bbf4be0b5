/** Sends spans to the collector. What cannot be sent is counted, and said once. */
import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import { noteRefusal } from "../sandbox_refusals.ts";
import type { TraceObservers } from "./run_traces.ts";
import type { TraceSettings } from "./settings.ts";

/** The exporter of the protocol, with everything that it would read from the environment. */
export async function openExporter(
  { url, headers, protocol, compression, timeoutMs, caCertificates }: TraceSettings,
): Promise<SpanExporter> {
  const options = {
    url,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    // the values of the package's enumeration, which it does not export
    compression: compression as never,
    ...(caCertificates !== undefined && { httpAgentOptions: { ca: caCertificates } }),
  };
  const { OTLPTraceExporter } = protocol === "http/json"
    ? await import("@opentelemetry/exporter-trace-otlp-http")
    : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(options);
}

type Export = SpanExporter["export"];

/** An exporter that says what became of the spans, and how many wait. */
export class BoundedSpans implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #observers: TraceObservers;
  readonly #limit: number;
  /** Spans that ended, and are neither sent nor lost yet. */
  #waiting = 0;
  /** Spans that were lost since the collector took some last. */
  #lost = 0;
  #isFailing = false;

  constructor(exporter: SpanExporter, observers: TraceObservers, limit: number) {
    this.#exporter = exporter;
    this.#observers = observers;
    this.#limit = limit;
  }

  /** The processor, with no more spans than it can hold: it would drop the others and say nothing. */
  before(processor: SpanProcessor): SpanProcessor {
    return {
      onStart: (span, context) => processor.onStart(span, context),
      onEnd: (span) => {
        if ((span.spanContext().traceFlags & 1) === 0) return; // it is not sent
        if (this.#waiting >= this.#limit) return this.#lose(1);
        this.#waiting++;
        processor.onEnd(span);
      },
      forceFlush: () => processor.forceFlush(),
      shutdown: () => processor.shutdown(),
    };
  }

  export(spans: ReadableSpan[], done: Parameters<Export>[1]): void {
    this.#exporter.export(spans, (result) => {
      this.#waiting -= spans.length;
      if (result.code === 0) this.#arrived();
      else this.#failed(spans.length, result.error);
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #arrived(): void {
    if (this.#isFailing) {
      this.#observers.observe({ event: "traces_sent_again", lost: this.#lost });
    }
    this.#isFailing = false;
    this.#lost = 0;
  }

  #failed(spans: number, error: unknown): void {
    this.#lose(spans);
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#observers.observe({ event: "traces_not_sent", reason: reasonOf(error) });
  }

  #lose(spans: number): void {
    this.#lost += spans;
    this.#observers.onLost(spans);
  }
}

/** A status or a state of the system: messages may contain the collector's response, or an address. */
function reasonOf(error: unknown): string {
  noteRefusal(error);
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (typeof code === "number") return `the collector responds with the status ${code}`;
  return typeof code === "string" && /^[A-Z_]+$/.test(code)
    ? code
    : "the collector does not take them in time";
}
