/**
 * The assertion "no plain value in the tagged columns": one for each dataset, with a result for each time
 * that the columns were counted.
 *
 * Source of the shapes: `assertions.graphql` of DataHub. Its time identifies a result, so one that is sent
 * again replaces itself.
 */
import { createHash } from "node:crypto";
import type { Report } from "../../action/trigger.ts";
import { entriesOf, type ReportTarget } from "./report_target.ts";
import type { Subject } from "./subject.ts";

const UPSERT = `mutation upsertAssertion($urn: String!, $input: UpsertCustomAssertionInput!) {
  upsertCustomAssertion(urn: $urn, input: $input) { urn }
}`;
const REPORT = `mutation reportResult($urn: String!, $result: AssertionResultInput!) {
  reportAssertionResult(urn: $urn, result: $result)
}`;

/** What was counted. */
export interface Counted {
  /** Rows with a plain value in one of the columns. */
  readonly plainRows: number;
  /** When, in milliseconds since 1970. */
  readonly timestampMs: number;
}

/** The URN of a dataset's assertion: always the same. */
export function assertionUrn(datasetUrn: string): string {
  const id = createHash("md5").update(`tokenize-action ${datasetUrn}`).digest("hex");
  return `urn:li:assertion:${id}`;
}

/** Reports a result. Throws `GmsError`. */
export async function reportAssertion(
  { gms }: ReportTarget,
  { datasetUrn }: Subject,
  { run_id, columns, lookalikes }: Report,
  { plainRows, timestampMs }: Counted,
): Promise<void> {
  const urn = assertionUrn(datasetUrn);
  const input = {
    entityUrn: datasetUrn,
    type: "No plain values",
    description: "Every value of the columns tagged for tokenization is a token",
    platform: { name: "tokenize-action" },
  };
  await gms.graphql(UPSERT, { urn, input });
  const isClean = plainRows === 0 && (lookalikes ?? 0) === 0;
  const result = {
    timestampMillis: timestampMs,
    type: isClean ? "SUCCESS" : "FAILURE",
    properties: entriesOf({
      run_id,
      columns: columns.join(", "),
      rows_with_plain_values: plainRows,
      lookalikes,
    }),
  };
  await gms.graphql(REPORT, { urn, result });
}
