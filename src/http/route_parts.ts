/** What the descriptions of routes have in common. */
import type { ErrorCode } from "../errors.ts";
import { PROBLEMS } from "./problem.ts";
import { problemSchema } from "./schemas.ts";

/** A body of JSON. */
export const json = <T>(schema: T) => ({ "application/json": { schema } });
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

/** The problems that a route may respond with, by status. */
export function problemResponses(isPossible: (code: ErrorCode) => boolean) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const [code, { status }] of Object.entries(PROBLEMS) as [ErrorCode, { status: number }][]) {
    if (!isPossible(code)) continue;
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
