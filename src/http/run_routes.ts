/** The routes of runs as OpenAPI describes them. */
import { createRoute, z } from "@hono/zod-openapi";
import type { ErrorCode } from "../errors.ts";
import { json, problemResponses } from "./route_parts.ts";
import { adjustmentSchema, runPageSchema, runQuerySchema, runSchema } from "./run_schemas.ts";

const security = [{ bearer: [] }];
const params = z.object({ id: z.string() });

const BODY_CODES: readonly ErrorCode[] = [
  "invalid_request",
  "body_too_large",
  "unsupported_media_type",
];
const READ_CODES: readonly ErrorCode[] = ["unauthorized", "internal", "permission_denied"];
const RUN_CODES: readonly ErrorCode[] = [...READ_CODES, "not_found"];
const problems = (codes: readonly ErrorCode[]) => problemResponses((code) => codes.includes(code));

/** The runs that are kept. */
export const runsRoute = createRoute({
  method: "get",
  path: "/runs",
  operationId: "listRuns",
  tags: ["Runs"],
  summary: "List runs, newest first",
  security,
  request: { query: runQuerySchema },
  responses: {
    200: { description: "A page of them", content: json(runPageSchema) },
    ...problems([...READ_CODES, "invalid_request"]),
  },
});

/** One run. */
export const runRoute = createRoute({
  method: "get",
  path: "/runs/{id}",
  operationId: "getRun",
  tags: ["Runs"],
  summary: "How far a run has come, and what it did",
  security,
  request: { params },
  responses: {
    200: { description: "The run", content: json(runSchema) },
    ...problems(RUN_CODES),
  },
});

/** How a run works on. */
export const adjustRoute = createRoute({
  method: "patch",
  path: "/runs/{id}",
  operationId: "adjustRun",
  tags: ["Runs"],
  summary: "Slow a run under way down, pause it, or let it go on",
  security,
  request: { params, body: { required: true, content: json(adjustmentSchema) } },
  responses: {
    200: { description: "The run, with what was asked of it", content: json(runSchema) },
    ...problems([...RUN_CODES, ...BODY_CODES, "conflict", "run_not_adjustable"]),
  },
});

/** The end of a run. */
export const cancelRoute = createRoute({
  method: "post",
  path: "/runs/{id}/cancel",
  operationId: "cancelRun",
  tags: ["Runs"],
  summary: "End a run: one that waits does not start, one under way is rolled back",
  security,
  request: { params },
  responses: {
    202: {
      description: "The run as it is; one that has ended stays as it is",
      content: json(runSchema),
    },
    ...problems(RUN_CODES),
  },
});

const envelopeSchema = z.object({
  payload: z.string().openapi({
    description: "The statement, in base64",
    example: "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==",
  }),
  payloadType: z.literal("application/vnd.in-toto+json"),
  signatures: z.array(z.object({
    keyid: z.string().openapi({ description: "The SHA-256 of the public key" }),
    sig: z.string().openapi({ description: "Ed25519, in base64" }),
  })),
}).openapi("Receipt");

/** One event of the stream: OpenAPI 3.1 has no schema for a stream as a whole. */
const eventSchema = z.object({
  id: z.string().openapi({ description: "The revision of the run", example: "4" }),
  event: z.enum(["state", "progress"]),
  data: z.string().openapi({ description: "JSON: the run, or its progress and its `run_id`" }),
}).openapi("RunEvent");

/** What a run did, to be kept as a proof. */
export const receiptRoute = createRoute({
  method: "get",
  path: "/runs/{id}/receipt",
  operationId: "getReceipt",
  tags: ["Runs"],
  summary: "The receipt of a run that has ended: a signed statement of what it did",
  security,
  request: { params },
  responses: {
    200: {
      description: "A DSSE envelope with an in-toto statement; unsigned without RECEIPT_KEY_FILE",
      content: json(envelopeSchema),
    },
    ...problems(RUN_CODES),
  },
});

/** What becomes of a run, as it happens. */
export const runEventsRoute = createRoute({
  method: "get",
  path: "/runs/{id}/events",
  operationId: "followRun",
  tags: ["Runs"],
  summary: "Follow a run: server-sent events `state` (the run) and `progress`",
  security,
  request: {
    params,
    headers: z.object({
      "last-event-id": z.string().optional().openapi({
        description: "The `id` of the last event received: what came after it follows",
      }),
    }),
  },
  responses: {
    200: {
      description: "Events until the run has ended; comments while nothing happens",
      content: { "text/event-stream": { schema: eventSchema } },
    },
    204: { description: "The run has ended, and its last event was received" },
    ...problems(RUN_CODES),
  },
});
