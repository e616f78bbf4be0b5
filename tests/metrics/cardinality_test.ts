/** Whatever is observed, the number of series is bounded, and no label says what only the data says. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { LOG_LINES } from "../../src/log.ts";
import { METRICS } from "../../src/metrics/catalogue.ts";
import { exposition } from "../../src/metrics/exposition.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import type { Observation } from "../../src/observations.ts";
import { type Phase, PHASES } from "../../src/phases.ts";

const PLATFORMS = ["postgres", "databricks"];
/** Every event that there is: the log has a line for each, which the compiler holds. */
const EVENTS = Object.keys(LOG_LINES) as Observation["event"][];

/** An observation whose fields hold anything: more than the compiler allows. */
const anyObservation = fc.record({
  event: fc.constantFrom(...EVENTS),
  runId: fc.string(),
  datasetUrn: fc.oneof(
    fc.string(),
    fc.string().map((name) => `urn:li:dataset:(urn:li:dataPlatform:${name},canary,PROD)`),
    fc.constantFrom(...PLATFORMS).map((name) =>
      `urn:li:dataset:(urn:li:dataPlatform:${name},a.b.c,PROD)`
    ),
  ),
  table: fc.string(),
  columns: fc.array(fc.string()),
  code: fc.string(),
  outcome: fc.string(),
  method: fc.string(),
  path: fc.string(),
  kind: fc.string(),
  reason: fc.string(),
  remains: fc.string(),
  warning: fc.string(),
  fault: fc.string(),
  dryRun: fc.boolean(),
  updated: fc.nat(),
  connections: fc.nat(),
  lost: fc.nat(),
  elapsedMs: fc.nat(),
  waitedMs: fc.nat(),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<Observation>;

async function seriesAfter(observations: readonly Observation[]): Promise<string[]> {
  const metrics = new Metrics(PLATFORMS, PLATFORMS);
  for (const observation of observations) metrics.observe(observation);
  for (const observation of observations) {
    if ("datasetUrn" in observation) metrics.busy(observation.datasetUrn, "read", 1);
    metrics.sdkCalled(1, true);
  }
  const text = await exposition(metrics, []);
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

Deno.test("labels have few values, whatever is observed", async () => {
  const observed = fc.array(anyObservation, { minLength: 200, maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(observed, async (observations) => {
      const series = await seriesAfter(observations);
      for (const line of series) {
        const [, labels = ""] = /^\w+(?:\{(.*)\})? [^ ]+$/.exec(line) ?? assert.fail(line);
        for (const [, name, value] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
          assert.ok(["platform", "outcome", "phase", "le", "version", "commit"].includes(name!));
          assert.match(value!, /^[\w.+-]+$/);
          if (name === "platform") assert.ok([...PLATFORMS, "other"].includes(value!), value);
          if (name === "phase") assert.ok(PHASES.includes(value as Phase), value);
        }
      }
      assert.ok(!series.join("\n").includes("canary"));
      assert.ok(series.length < 500, String(series.length));
    }),
    { numRuns: 20 },
  );
});

Deno.test("each run is counted once, with the rows that it changed", async () => {
  const datasetUrn = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.people,PROD)";
  const run = (runId: string) => ({
    runId,
    datasetUrn,
    operation: "tokenize" as const,
    columns: [],
    dryRun: false,
  });
  const done = {
    table: "app.public.people",
    method: undefined,
    skipped: 0,
    foreign: 0,
    lookalikes: undefined,
    elapsedMs: 40,
  };
  const series = await seriesAfter([
    { event: "run_started", ...run("a") },
    { event: "batch_written", runId: "a", updated: 3, total: 5 },
    { event: "batch_written", runId: "a", updated: 5, total: 5 },
    { event: "run_finished", ...run("a"), ...done, updated: 5 },
    { event: "run_started", ...run("b") },
    { event: "batch_written", runId: "b", updated: 2, total: 5 },
    {
      event: "run_failed",
      runId: "b",
      datasetUrn,
      code: "conflict",
      reason: "",
      facts: {},
      elapsedMs: 70,
    },
    { event: "run_started", ...run("c") },
    { event: "run_finished", ...run("d"), ...done, dryRun: true, updated: 9 },
  ]);
  for (
    const line of [
      'tokenize_runs_started_total{platform="postgres"} 3',
      'tokenize_runs_total{platform="postgres",outcome="succeeded"} 1',
      'tokenize_runs_total{platform="postgres",outcome="conflict"} 1',
      'tokenize_runs_total{platform="postgres",outcome="dry_run"} 1',
      'tokenize_rows_updated_total{platform="postgres"} 5',
      'tokenize_rows_written_total{platform="postgres"} 7',
      'tokenize_runs_in_progress{platform="postgres"} 1',
      'tokenize_runs_in_progress{platform="databricks"} 0',
      'tokenize_run_duration_seconds_bucket{platform="postgres",le="0.05"} 2',
      'tokenize_run_duration_seconds_bucket{platform="postgres",le="+Inf"} 3',
    ]
  ) assert.ok(series.includes(line), `${line} is missing in\n${series.join("\n")}`);
});

Deno.test("names and units follow the conventions of Prometheus", () => {
  for (const [name, { type, help, labels }] of Object.entries(METRICS)) {
    assert.match(name, /^(tokenize|process)_[a-z_]+$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert.doesNotMatch(name, /_(ms|millis\w*|count|sum|bucket)$/);
    assert.match(help, /^[A-Z1]/);
    assert.ok(new Set(labels).size === labels.length);
  }
});
