/** Reads the metrics of a running program. */
import assert from "node:assert/strict";
import { assertLeaksNothing } from "./assertions.ts";

/** What `/metrics` said. */
export interface Scrape {
  readonly text: string;
  readonly contentType: string | null;
  /** Every line that is no comment: the series, and its value. */
  readonly series: ReadonlyMap<string, number>;
}

/** Asks as Prometheus does, without a token. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assertLeaksNothing(text, "GET /metrics");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const series = new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
  return { text, contentType: response.headers.get("content-type"), series };
}
