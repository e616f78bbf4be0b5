/** Traces that are sent to a collector. OpenTelemetry's packages are loaded when the first span starts. */
import { settleWithin } from "../async.ts";
import type { OtlpTraces } from "./otlp_traces.ts";
import type { TraceObservers, Traces } from "./run_traces.ts";
import type { TraceSettings } from "./settings.ts";

/** How long the end of the program may wait for the collector. */
const CLOSE_TIMEOUT_MS = 3000;

/** Opens them. Nothing is sent yet. */
export function openTraces(settings: TraceSettings, observers: TraceObservers): Traces {
  let opening: Promise<OtlpTraces> | undefined;
  const open = async () => {
    const { openOtlpTraces } = await import("./otlp_traces.ts");
    return await openOtlpTraces(settings, observers);
  };
  const started = async <T>(start: (traces: OtlpTraces) => T): Promise<T | undefined> => {
    try {
      return start(await (opening ??= open()));
    } catch (error) {
      const kind = error instanceof Error ? error.name : typeof error;
      observers.observe({ event: "traces_not_sent", reason: `unexpected ${kind}` });
      return undefined;
    }
  };
  return {
    startRun: (beginning) => started((traces) => traces.startRun(beginning)),
    startReconciliation: (urn) => started((traces) => traces.startReconciliation(urn)),
    async close() {
      if (opening === undefined) return;
      await settleWithin(CLOSE_TIMEOUT_MS, opening.then((traces) => traces.close()));
    },
  };
}
