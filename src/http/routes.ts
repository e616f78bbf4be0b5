/** The routes as OpenAPI describes them. */
import { createRoute, z } from "@hono/zod-openapi";
import type { ErrorCode } from "../errors.ts";
import { acceptedSchema, changeEventsSchema, datahubStatusSchema } from "./datahub_schemas.ts";
import { json, problemResponses } from "./route_parts.ts";
import { runSchema } from "./run_schemas.ts";
import {
  healthSchema,
  metricsSchema,
  readinessSchema,
  reportSchema,
  triggerSchema,
} from "./schemas.ts";

/** Codes that `/trigger` never responds with: they belong to the router. */
const ROUTER_CODES: readonly ErrorCode[] = ["not_found", "method_not_allowed"];

/** Codes of a request about DataHub. */
export const DATAHUB_CODES: readonly ErrorCode[] = [
  "unauthorized",
  "internal",
  "platform_not_configured",
];
/** The same with a body. */
export const BODY_CODES: readonly ErrorCode[] = [
  ...DATAHUB_CODES,
  "invalid_request",
  "body_too_large",
  "unsupported_media_type",
];

/** The process is up; touches no database. */
export const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  operationId: "getHealth",
  tags: ["About"],
  summary: "Whether the process is up",
  responses: { 200: { description: "The process is up", content: json(healthSchema) } },
});

/** Whether the configured platforms can be reached, and DataHub if it is followed. */
export const readinessRoute = createRoute({
  method: "get",
  path: "/readyz",
  operationId: "getReadiness",
  tags: ["About"],
  summary: "Whether each configured platform can be reached",
  responses: {
    200: { description: "Each platform can be reached", content: json(readinessSchema) },
    503: {
      description: "A platform cannot be reached, or none is configured",
      content: json(readinessSchema),
    },
  },
});

/** How the program is doing, for Prometheus. */
export const metricsRoute = createRoute({
  method: "get",
  path: "/metrics",
  operationId: "getMetrics",
  tags: ["About"],
  summary: "Metrics in the text format of Prometheus",
  responses: {
    200: {
      description: "The metrics, as docs/monitoring.md lists them",
      content: { "text/plain": { schema: metricsSchema } },
    },
  },
});

/** The job. */
export const triggerRoute = createRoute({
  method: "post",
  path: "/trigger",
  operationId: "trigger",
  tags: ["Runs"],
  summary: "Tokenize columns of a dataset in place",
  security: [{ bearer: [] }],
  request: {
    headers: z.object({
      prefer: z.string().optional().openapi({
        description: "RFC 7240; `respond-async`: respond with the run, at once",
      }),
      "idempotency-key": z.string().optional().openapi({
        description: "Of the caller's choice: the same key and body is the same run",
      }),
      from: z.string().optional().openapi({
        description: "RFC 9110; who sends it, for the run's cause",
      }),
    }),
    body: { required: true, content: json(triggerSchema) },
  },
  responses: {
    200: { description: "Done, with exact counts", content: json(reportSchema) },
    202: {
      description: "The run, which goes on; with `Prefer: respond-async`",
      content: json(runSchema),
      headers: {
        Location: { description: "Where the run is", schema: { type: "string" } },
        "Preference-Applied": { description: "RFC 7240", schema: { type: "string" } },
      },
    },
    ...problemResponses((code) => !ROUTER_CODES.includes(code)),
  },
});

/** Events of DataHub that a caller hands over. */
export const datahubEventsRoute = createRoute({
  method: "post",
  path: "/datahub/events",
  operationId: "takeEvents",
  tags: ["DataHub"],
  summary: "Hand over EntityChangeEvents of DataHub: their datasets are read again soon",
  security: [{ bearer: [] }],
  request: { body: { required: true, content: json(changeEventsSchema) } },
  responses: {
    202: { description: "Taken, nothing is done yet", content: json(acceptedSchema) },
    ...problemResponses((code) => BODY_CODES.includes(code)),
  },
});

/** How the DataHub loop is. */
export const datahubStatusRoute = createRoute({
  method: "get",
  path: "/datahub/status",
  operationId: "getDatahubStatus",
  tags: ["DataHub"],
  summary: "How far DataHub is followed, and which datasets need attention",
  security: [{ bearer: [] }],
  responses: {
    200: { description: "How it is", content: json(datahubStatusSchema) },
    ...problemResponses((code) => DATAHUB_CODES.includes(code)),
  },
});
