/**
 * The operation in a dataset's page: who changed how many rows, when and how.
 *
 * Source of the shapes: `operations.graphql` and `ReportOperationResolver.java` of DataHub. Its time and its
 * partition identify an operation, so one that is reported again replaces itself.
 */
import type { Report } from "../../action/trigger.ts";
import { entriesOf, type ReportTarget } from "./report_target.ts";
import type { ReportedRun } from "./reporter.ts";
import type { Subject } from "./subject.ts";

/** Which SDK made the tokens, with which key. */
export interface TokenSource {
  /** As in `TOKEN_SDK_MODE`. */
  readonly sdk: string;
  /** The id of the key; undefined if the SDK has none. */
  readonly keyId: string | undefined;
}

const REPORT_OPERATION = `mutation reportOperation($input: ReportOperationInput!) {
  reportOperation(input: $input)
}`;

/** Reports a run that updated rows. Throws `GmsError`. */
export async function reportOperation(
  { gms, offer }: ReportTarget,
  { columns, actor }: Subject,
  report: Report,
  { startedAtMs, isRecovered }: ReportedRun,
  { sdk, keyId }: TokenSource,
): Promise<void> {
  const { skipped, foreign, method } = report;
  const customProperties = entriesOf({
    run_id: report.run_id,
    columns: columns.join(", "),
    ...(isRecovered ? { counts: "as counted before the run" } : { skipped, foreign, method }),
    token_sdk: sdk,
    token_key: keyId,
    requested_by: actor,
  });
  const input = {
    urn: report.dataset_urn,
    operationType: "CUSTOM",
    customOperationType: "TOKENIZE",
    sourceType: "DATA_PROCESS",
    numAffectedRows: report.updated,
    timestampMillis: startedAtMs,
    ...(offer.has("operation", "partition") && { partition: report.run_id }),
    ...(offer.has("operation", "customProperties") && { customProperties }),
  };
  await gms.graphql(REPORT_OPERATION, { input });
}
