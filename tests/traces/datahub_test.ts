/** Traces of the DataHub loop: dealing with a dataset is a span, and its runs are within. */
import assert from "node:assert/strict";
import { PII } from "../datahub/loop/labels.ts";
import { follow } from "../datahub/loop/follow.ts";
import { startReceiver } from "./receiver.ts";

Deno.test("a tagged column is a trace from the look at DataHub to the run", async () => {
  await using receiver = startReceiver();
  await using followed = await follow({
    mode: "run",
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    },
    before: ({ metadata }, urn) => metadata.label({ dataset: urn, column: "email", label: PII }),
  });
  await followed.untilTokenized("email");
  const line = await followed.untilLogged(
    "dataset_reconciled",
    ({ outcome }) => outcome === "done",
  );
  const [reconciled] = await receiver.received("reconcile", 1);
  assert.equal(reconciled!.parentSpanId, undefined);
  assert.deepEqual(reconciled!.attributes, {
    "tokenize.dataset_urn": followed.urn,
    "tokenize.outcome": "done",
  });
  assert.equal(line.trace_id, reconciled!.traceId);
  // a dry run says whether there is anything to do
  const runs = receiver.spans.filter(({ name }) => name === "run");
  const dryRuns = runs.map(({ attributes }) => attributes["tokenize.dry_run"]);
  assert.deepEqual(dryRuns.toSorted(), [false, true]);
  for (const { traceId, parentSpanId, kind } of runs) {
    assert.deepEqual([traceId, parentSpanId], [reconciled!.traceId, reconciled!.spanId]);
    assert.equal(kind, 1);
  }
});
