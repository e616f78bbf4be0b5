/**
 * The metrics in the text format of Prometheus, written by its client library for Node. Loaded when they
 * are first asked for.
 */
import { cpuUsage } from "node:process";
import { type Metric as LibraryMetric, Registry } from "prom-client";
import { refusalCount } from "../sandbox_refusals.ts";
import { COMMIT, VERSION } from "../version.ts";
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type Metric,
  type MetricName,
  METRICS,
} from "./catalogue.ts";
import type { Metrics, Reading } from "./metrics.ts";
import type { Labels, Tally } from "./tally.ts";

/** What the body is, for the header Content-Type. */
export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** One line of the format. */
interface Sample {
  /** The name, if it is not the metric's. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** Writes all metrics as they are now; `readings` are those of other parts of the program. */
export async function exposition(metrics: Metrics, readings: readonly Reading[]): Promise<string> {
  const { user, system } = cpuUsage();
  metrics.tally.set("process_cpu_seconds_total", (user + system) / 1e6);
  metrics.tally.set("tokenize_sandbox_refusals_total", refusalCount());
  const gauges = [...readings, ...metrics.running, ...processReadings()];
  const registry = new Registry();
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { type, help }: Metric = METRICS[name];
    const values = samplesOf(name, metrics.tally, gauges);
    if (values.length === 0) continue; // such as those of DataHub, if it is not followed
    const metric = { name, help, type, get: () => Promise.resolve({ name, help, type, values }) };
    // the registry takes whatever gives its samples, but its types name only its own metrics
    registry.registerMetric(metric as unknown as LibraryMetric);
  }
  return await registry.metrics();
}

function processReadings(): readonly Reading[] {
  return [
    { name: "tokenize_build_info", labels: { version: VERSION, commit: COMMIT }, value: 1 },
    { name: "process_resident_memory_bytes", value: Deno.memoryUsage().rss },
    { name: "process_start_time_seconds", value: startedAtSeconds() },
  ];
}

function startedAtSeconds(): number {
  return Math.round(performance.timeOrigin) / 1000;
}

function samplesOf(name: MetricName, tally: Tally, gauges: readonly Reading[]): Sample[] {
  switch (METRICS[name].type) {
    case "counter":
      return tally.counts(name as CounterName)
        .map(({ labels, value }) => ({ labels: given(labels), value }));
    case "gauge":
      return gauges.filter((reading) => reading.name === name as GaugeName)
        .map(({ labels, value }) => ({ labels: given(labels ?? {}), value }));
    case "histogram":
      return tally.distributions(name as HistogramName).flatMap(({ labels, value }) => {
        const { buckets: bounds } = METRICS[name as HistogramName];
        const { buckets, sum, count } = value;
        let below = 0;
        const bucket = (le: number | string, value: number) => ({
          metricName: `${name}_bucket`,
          labels: { ...given(labels), le },
          value,
        });
        return [
          ...bounds.map((bound, i) => bucket(bound, below += buckets[i]!)),
          bucket("+Inf", count),
          { metricName: `${name}_sum`, labels: given(labels), value: sum },
          { metricName: `${name}_count`, labels: given(labels), value: count },
        ];
      });
  }
}

/** The labels that are there. */
function given(labels: Labels): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
