/** Datasets downstream hold copies of old values: DataHub's lineage names them. */
import assert from "node:assert/strict";
import { schemaFieldUrn } from "../../../scripts/servers/datahub/metadata.ts";
import type { Report } from "../../../src/action/trigger.ts";
import { SILENT_REPORTER } from "../../../src/datahub/report/reporter.ts";
import { PII } from "./labels.ts";
import { openLoop, type OpenLoopOptions } from "./open_loop.ts";

const MART = "urn:li:dataset:(urn:li:dataPlatform:snowflake,mart.public.people,PROD)";
const EXPORT = "urn:li:dataset:(urn:li:dataPlatform:s3,exports/people,PROD)";
const LAKE = "urn:li:dataset:(urn:li:dataPlatform:s3,lake/raw,PROD)";

/** The residue's place `downstream` of the run on `customers.email`. */
async function placeAfterRun(before: OpenLoopOptions["before"]) {
  const reports: Report[] = [];
  const done = (_subject: unknown, report: Report) => Promise.resolve(void reports.push(report));
  await using opened = await openLoop({
    reporter: { ...SILENT_REPORTER, done },
    before(place) {
      place.tag({ column: "email" });
      before?.(place);
    },
  });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  return reports[0]?.residue?.find(({ place }) => place === "downstream");
}

Deno.test("the report names what is derived from the column, over any number of steps, in circles too", async () => {
  const place = await placeAfterRun(({ datahub: { metadata }, urn }) => {
    const [email, phone] = ["email", "phone"].map((column) => schemaFieldUrn(urn, column));
    const mart = schemaFieldUrn(MART, "mail");
    metadata.downstream.set(email!, [mart]);
    metadata.downstream.set(mart, [schemaFieldUrn(EXPORT, "m"), email!]);
    metadata.downstream.set(phone!, [schemaFieldUrn(LAKE, "phone")]);
    metadata.addDataset(MART, ["mail"]);
    metadata.label({ dataset: MART, column: "mail", label: PII });
  });
  assert.equal(place?.state, "not_checked");
  assert.equal(place?.detail, `derived from it: ${MART} (tagged, too), ${EXPORT}`);
});

Deno.test("without column lineage, that of the dataset as a whole is named", async () => {
  const place = await placeAfterRun(({ datahub: { metadata }, urn }) => {
    metadata.downstream.set(urn, [LAKE, "urn:li:dashboard:(looker,1)"]);
  });
  assert.equal(place?.detail, `derived from it: ${LAKE}`);
});

Deno.test("lineage that names nothing, or cannot be read, is no proof that there are no copies", async () => {
  const none = await placeAfterRun(undefined);
  assert.deepEqual([none?.state, none?.detail], [
    "not_checked",
    "DataHub's lineage names no dataset",
  ]);
  const unread = await placeAfterRun(({ datahub, urn }) => {
    datahub.metadata.downstream.set(
      urn,
      Array.from({ length: 3 }, (_, i) => `urn:li:dataset:${i}`),
    );
    datahub.faults.order(/entity\/dataset\/urn%3Ali%3Adataset%3A\d/, { kind: "html" });
  });
  assert.equal(unread?.detail, "DataHub's lineage could not be read");
});

Deno.test("a walk that would not end is cut short, and says so", async () => {
  const place = await placeAfterRun(({ datahub: { metadata }, urn }) => {
    const dataset = (i: number) => `urn:li:dataset:(urn:li:dataPlatform:s3,x${i},PROD)`;
    metadata.downstream.set(urn, [dataset(0)]);
    for (let i = 0; i < 100; i++) metadata.downstream.set(dataset(i), [dataset(i + 1)]);
  });
  assert.match(place?.detail ?? "", /^derived from it: .* and \d+ more$/);
});
