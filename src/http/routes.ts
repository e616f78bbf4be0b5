/** The routes as OpenAPI describes them. */
import { createRoute } from "@hono/zod-openapi";
import type { ErrorCode } from "../errors.ts";
import { PROBLEMS } from "./problem.ts";
import {
  healthSchema,
  problemSchema,
  readinessSchema,
  reportSchema,
  triggerSchema,
} from "./schemas.ts";

const json = <T>(schema: T) => ({ "application/json": { schema } });
const problem = { "application/problem+json": { schema: problemSchema } };

type Headers = Record<string, { description: string; schema: { type: "integer" | "string" } }>;

const retryAfter: Headers = {
  "Retry-After": { description: "Seconds to wait", schema: { type: "integer" } },
};

/** The headers that may come with problems of a status. */
const HEADERS: Partial<Record<number, Headers>> = {
  401: { "WWW-Authenticate": { description: "RFC 6750", schema: { type: "string" } } },
  409: retryAfter,
  503: retryAfter,
};

/** Codes that `/trigger` never responds with: they belong to the router. */
const ROUTER_CODES: readonly ErrorCode[] = ["not_found", "method_not_allowed"];

/** The process is up; touches no database. */
export const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Whether the process is up",
  responses: { 200: { description: "The process is up", content: json(healthSchema) } },
});

/** Whether the configured platforms can be reached. */
export const readinessRoute = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Whether each configured platform can be reached",
  responses: {
    200: { description: "Each platform can be reached", content: json(readinessSchema) },
    503: {
      description: "A platform cannot be reached, or none is configured",
      content: json(readinessSchema),
    },
  },
});

/** The job. */
export const triggerRoute = createRoute({
  method: "post",
  path: "/trigger",
  summary: "Tokenize columns of a dataset in place",
  security: [{ bearer: [] }],
  request: { body: { required: true, content: json(triggerSchema) } },
  responses: {
    200: { description: "Done, with exact counts", content: json(reportSchema) },
    ...problemResponses(),
  },
});

function problemResponses() {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const [code, { status }] of Object.entries(PROBLEMS) as [ErrorCode, { status: number }][]) {
    if (ROUTER_CODES.includes(code)) continue;
    byStatus.set(status, [...byStatus.get(status) ?? [], code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const headers = HEADERS[status];
      const described = { description: codes.join(", "), content: problem };
      return [status, headers === undefined ? described : { ...described, headers }];
    }),
  );
}
