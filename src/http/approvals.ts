/** `/datahub/approvals`: columns that wait for an approval, and the request that approves them. */
import { createRoute, z } from "@hono/zod-openapi";
import type { Approval } from "../datahub/loop/approvals.ts";
import type { Approvals } from "../datahub/loop/waiting_columns.ts";
import type { BodyMemory } from "./body_memory.ts";
import { invalidBody, readJsonBody } from "./json_body.ts";
import { BODY_CODES, DATAHUB_CODES } from "./routes.ts";
import { json, problemResponses } from "./route_parts.ts";
import { EXAMPLE_URN, schemaOf } from "./schemas.ts";
import { waitingSchema } from "./waiting_schema.ts";

const approvalsSchema = schemaOf<Approvals>("Approvals", {
  approval_tag: z.string().nullable().openapi({
    description: "URN of `DATAHUB_APPROVAL_TAG`; null if it is not set",
  }),
  waiting: z.array(waitingSchema),
});

const approvalSchema = z.strictObject({
  dataset_urn: z.string().min(1).max(4096).openapi({ example: EXAMPLE_URN }),
  columns: z.array(z.string().min(1).max(4096)).min(1).max(1600).openapi({ example: ["email"] }),
}).openapi("Approval");

/** What waits. */
export const approvalsRoute = createRoute({
  method: "get",
  path: "/datahub/approvals",
  operationId: "listApprovals",
  tags: ["DataHub"],
  summary: "Which columns wait for an approval, and why they are tagged",
  security: [{ bearer: [] }],
  responses: {
    200: { description: "What waits", content: json(approvalsSchema) },
    ...problemResponses((code) => DATAHUB_CODES.includes(code)),
  },
});

/** Approves columns. */
export const approveRoute = createRoute({
  method: "post",
  path: approvalsRoute.path,
  operationId: "approveColumns",
  tags: ["DataHub"],
  summary: "Approve columns: puts the approval tag on them in DataHub",
  security: [{ bearer: [] }],
  request: { body: { required: true, content: json(approvalSchema) } },
  responses: {
    202: { description: "Approved; the dataset is due", content: json(approvalSchema) },
    ...problemResponses((code) =>
      [...BODY_CODES, "permission_denied", "datahub_error"].includes(code)
    ),
  },
});

/** Reads an approval. Throws what `readJsonBody` throws, and `invalid_request`. */
export async function readApproval(request: Request, memory: BodyMemory): Promise<Approval> {
  const body = await readJsonBody(request, { what: "approval", memory });
  const result = approvalSchema.safeParse(body);
  if (!result.success) throw invalidBody("approval", "it needs a dataset_urn and columns, no more");
  return { datasetUrn: result.data.dataset_urn, columns: result.data.columns };
}
