/** The approval of columns that wait. */
import { ServiceError } from "../../errors.ts";
import type { Observe } from "../../observations.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import { addApprovalTag } from "../report/approval_tag.ts";
import type { LoopState } from "./loop_state.ts";

/** An approval. */
export interface Approval {
  readonly datasetUrn: string;
  readonly columns: readonly string[];
}

/** What an approval takes. */
export interface ApprovalDependencies {
  readonly gms: Gms;
  readonly state: Pick<LoopState, "waiting">;
  readonly approvalTag: string | undefined;
  readonly observe: Observe;
  /** Marks the dataset as due. */
  readonly mark: (datasetUrn: string) => void;
}

/**
 * Approves columns that wait: puts the tag on them in DataHub, and makes the dataset due.
 *
 * Throws `invalid_request` if nothing can be approved or a column does not wait, `permission_denied` if a
 * privilege is missing in DataHub, and `datahub_error`.
 */
export async function approve(
  { datasetUrn, columns }: Approval,
  { gms, state, approvalTag, observe, mark }: ApprovalDependencies,
): Promise<void> {
  if (approvalTag === undefined) throw refused("no tag approves columns, set DATAHUB_APPROVAL_TAG");
  const waiting = state.waiting.find((each) => each.dataset_urn === datasetUrn);
  const names = waiting?.columns.map(({ name }) => name) ?? [];
  const unknown = columns.find((each) => !names.includes(each));
  if (unknown !== undefined) throw refused(`"${unknown}" does not wait for an approval`);
  try {
    await addApprovalTag(gms, datasetUrn, columns, approvalTag);
  } catch (error) {
    if (!(error instanceof GmsError)) throw error;
    throw new ServiceError(
      error.fault === "forbidden" ? "permission_denied" : "datahub_error",
      `Cannot approve the columns: DataHub does not take the tag, ${error.reason}`,
    );
  }
  observe({ event: "columns_approved", datasetUrn, columns });
  mark(datasetUrn);
}

function refused(reason: string): ServiceError {
  return new ServiceError("invalid_request", `Cannot approve the columns: ${reason}`);
}
