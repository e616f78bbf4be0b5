/**
 * The trace that a request belongs to: read from and written into headers, kept while the request is
 * worked on.
 *
 * Source: W3C Recommendation "Trace Context" (Level 1), "3.2 Traceparent Header", "3.3 Tracestate Header".
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Where in which trace something happens. */
export interface TraceContext {
  /** 32 hexadecimal digits in lower case. */
  readonly traceId: string;
  /** 16 hexadecimal digits in lower case: of the span that what follows is part of. */
  readonly spanId: string;
  /** Whether the trace is recorded, as far as its beginning decided that. */
  readonly isSampled: boolean;
  /** Whether it came from another process. */
  readonly isRemote: boolean;
  /** What tracing systems pass on with it, unread; undefined if there is nothing. */
  readonly state: string | undefined;
}

/** Version 00 has exactly these fields; later versions may have more behind a dash. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The most characters of a state that are passed on. The recommendation asks for 512 at least. */
const MAX_STATE_LENGTH = 1024;

/** Reads the two headers; undefined if there is none, or it is malformed: then a trace begins here. */
export function readTraceContext(
  traceparent: string | null | undefined,
  tracestate: string | null | undefined,
): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(traceparent?.trim() ?? "") ??
    [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId)) return undefined;
  if (/^0+$/.test(spanId) || (version === "00" && more !== undefined)) return undefined;
  return {
    traceId,
    spanId,
    isSampled: (parseInt(flags!, 16) & 1) === 1,
    isRemote: true,
    state: stateOf(tracestate),
  };
}

/** Printable ASCII only, since it is sent on as a header. */
function stateOf(tracestate: string | null | undefined): string | undefined {
  const state = tracestate?.trim() ?? "";
  const isFit = state.length <= MAX_STATE_LENGTH && /^[\x20-\x7e]+$/.test(state);
  return isFit ? state : undefined;
}

const current = new AsyncLocalStorage<TraceContext>();

/** Does `work` as a part of that trace, however long it waits; of none if it is undefined. */
export function inTrace<T>(context: TraceContext | undefined, work: () => T): T {
  return context === undefined ? work() : current.run(context, work);
}

/** The trace that the code which calls this works for. */
export function currentTrace(): TraceContext | undefined {
  return current.getStore();
}

/** The headers that pass the current trace on; none if there is no trace. */
export function traceHeaders(context = currentTrace()): Readonly<Record<string, string>> {
  if (context === undefined) return {};
  const { traceId, spanId, isSampled, state } = context;
  const traceparent = `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}
