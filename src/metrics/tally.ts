/**
 * Counters and histograms as plain numbers, from the start of the program on. The library that writes
 * them in Prometheus' format is loaded when they are first asked for.
 */
import {
  type CounterName,
  type HistogramName,
  type Label,
  type MetricName,
  METRICS,
} from "./catalogue.ts";

/** Which series of a metric; a label that is left out is the empty text. */
export type Labels = { readonly [L in Label]?: string };

/** One series of a histogram. */
export interface Distribution {
  /** How many values were at most each bucket's bound, and no more than the one before. */
  readonly buckets: number[];
  sum: number;
  count: number;
}

interface Series<T> {
  readonly labels: Labels;
  value: T;
}

/** Counts. The memory it takes is bounded by the number of labels' values. */
export class Tally {
  readonly #counters = new Map<MetricName, Map<string, Series<number>>>();
  readonly #histograms = new Map<MetricName, Map<string, Series<Distribution>>>();

  /** Adds to a counter; with 0 the series is there from then on. */
  add(name: CounterName, labels: Labels = {}, by = 1): void {
    seriesOf(this.#counters, name, labels, () => 0).value += by;
  }

  /** Sets a counter to what somebody else counted. */
  set(name: CounterName, value: number): void {
    seriesOf(this.#counters, name, {}, () => 0).value = value;
  }

  /** Enters a value into a histogram. */
  enter(name: HistogramName, value: number, labels: Labels = {}): void {
    const { buckets: bounds } = METRICS[name];
    const empty = (): Distribution => ({ buckets: bounds.map(() => 0), sum: 0, count: 0 });
    const { value: distribution } = seriesOf(this.#histograms, name, labels, empty);
    const bucket = bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) distribution.buckets[bucket]!++;
    distribution.sum += value;
    distribution.count++;
  }

  /** The series of a counter. */
  counts(name: CounterName): readonly Readonly<Series<number>>[] {
    return [...this.#counters.get(name)?.values() ?? []];
  }

  /** The series of a histogram. */
  distributions(name: HistogramName): readonly Readonly<Series<Distribution>>[] {
    return [...this.#histograms.get(name)?.values() ?? []];
  }
}

function seriesOf<T>(
  all: Map<MetricName, Map<string, Series<T>>>,
  name: MetricName,
  labels: Labels,
  first: () => T,
): Series<T> {
  let ofMetric = all.get(name);
  if (ofMetric === undefined) all.set(name, ofMetric = new Map());
  let key = "";
  for (const label of METRICS[name].labels) key += `${labels[label] ?? ""}\n`;
  let series = ofMetric.get(key);
  if (series === undefined) ofMetric.set(key, series = { labels, value: first() });
  return series;
}
