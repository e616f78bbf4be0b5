/** Spans by OpenTelemetry's own SDK, which is given everything: the sandbox has no environment to read. */
import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { PhaseTime } from "../phases.ts";
import { currentTrace, type TraceContext } from "../trace_context.ts";
import { VERSION } from "../version.ts";
import { BoundedSpans, openExporter } from "./otlp_exporter.ts";
import type { RunBeginning, RunEnd, Trace, TraceObservers } from "./run_traces.ts";
import type { TraceSettings } from "./settings.ts";

/** The most spans that wait to be sent: of some hundred runs. Those beyond are lost. */
const MAX_QUEUE = 2048;
const BATCH_SPANS = 512;
const BATCH_DELAY_MS = 2000;

/** Traces that are sent. */
export interface OtlpTraces {
  startRun(beginning: RunBeginning): Trace<RunEnd>;
  startReconciliation(datasetUrn: string): Trace<string>;
  close(): Promise<void>;
}

/** Loads the exporter for the protocol, and sets everything up. Nothing is sent yet. */
export async function openOtlpTraces(
  settings: TraceSettings,
  observers: TraceObservers,
): Promise<OtlpTraces> {
  const bounded = new BoundedSpans(await openExporter(settings), observers, MAX_QUEUE);
  const batches = new BatchSpanProcessor({
    exporter: bounded,
    maxQueueSize: MAX_QUEUE,
    maxExportBatchSize: BATCH_SPANS,
    scheduledDelayMillis: BATCH_DELAY_MS,
    exportTimeoutMillis: settings.timeoutMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ ...settings.resource, "service.version": VERSION }),
    sampler: samplerOf(settings),
    spanProcessors: [bounded.before(batches)],
  });
  const tracer = provider.getTracer("tokenize-action", VERSION);
  return {
    startRun({ runId, datasetUrn, operation, dryRun }) {
      const { span, context } = start(tracer, "run", {
        "tokenize.run_id": runId,
        "tokenize.dataset_urn": datasetUrn,
        "tokenize.operation": operation,
        "tokenize.dry_run": dryRun,
      });
      return { context, end: (end) => endRun(tracer, span, end) };
    },
    startReconciliation(datasetUrn) {
      const { span, context } = start(tracer, "reconcile", { "tokenize.dataset_urn": datasetUrn });
      return {
        context,
        end(outcome) {
          span.setAttribute("tokenize.outcome", outcome);
          if (outcome === "failed") span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    close: () => provider.shutdown(),
  };
}

/** Starts a span within the current trace, or one with which a trace begins. */
function start(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
): { readonly span: Span; readonly context: TraceContext } {
  const parent = currentTrace();
  const kind = parent?.isRemote ? SpanKind.SERVER : SpanKind.INTERNAL;
  const startTime = Date.now();
  const span = tracer.startSpan(name, { kind, attributes, startTime }, contextOf(parent));
  const { traceId, spanId, traceFlags } = span.spanContext();
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  const context = { traceId, spanId, isSampled, isRemote: false, state: parent?.state };
  return { span, context };
}

function contextOf(parent: TraceContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled, isRemote, state } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    ...(state !== undefined && { traceState: createTraceState(state) }),
    isRemote,
  });
}

/** The span of a run with what came of it, and within it one span for each phase, however many steps it had. */
function endRun(tracer: Tracer, span: Span, { code, phases, ...end }: RunEnd): void {
  const attributes: Attributes = {
    "tokenize.platform": end.platform,
    "tokenize.table": end.table,
    "tokenize.method": end.method,
    "tokenize.updated": end.updated,
    "tokenize.skipped": end.skipped,
    "tokenize.foreign": end.foreign,
    "error.type": code,
  };
  span.setAttributes(attributes);
  if (code !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  const within = trace.setSpan(ROOT_CONTEXT, span);
  for (const phase of phases) addPhase(tracer, within, phase);
  span.end(Math.max(Date.now(), ...phases.map(({ endedAtMs }) => endedAtMs)));
}

function addPhase(tracer: Tracer, within: Context, time: PhaseTime): void {
  const { phase, startedAtMs, endedAtMs, busyMs, steps } = time;
  const attributes = { "tokenize.busy_seconds": busyMs / 1000, "tokenize.steps": steps };
  tracer.startSpan(phase, { startTime: startedAtMs, attributes }, within).end(endedAtMs);
}

function samplerOf({ sampler, ratio }: TraceSettings): Sampler {
  const [, isParentBased, root] = /^(parentbased_)?(.*)$/.exec(sampler)!;
  const own = root === "always_on"
    ? new AlwaysOnSampler()
    : root === "always_off"
    ? new AlwaysOffSampler()
    : new TraceIdRatioBasedSampler(ratio);
  return isParentBased === undefined ? own : new ParentBasedSampler({ root: own });
}
