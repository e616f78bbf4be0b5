/** The index: what is at which path, for programs that ask for `/`. */
import { z } from "@hono/zod-openapi";

/**
 * What there is. The relations are registered ones, where there are such (RFC 8631: `service-desc`,
 * `service-doc`, `status`).
 */
const LINKS = [
  ["service-desc", "/openapi.json", "The API, as OpenAPI describes it"],
  ["service-doc", "/docs", "The API's page, to read and to try"],
  ["status", "/readyz", "Whether each configured platform can be reached"],
  ["health", "/healthz", "Whether the process is up"],
  ["metrics", "/metrics", "Metrics for Prometheus"],
  ["trigger", "/trigger", "Tokenizes columns of a dataset (POST)"],
  ["plan", "/plan", "What a trigger would do (POST)"],
  ["runs", "/runs", "Runs under way, and past ones"],
  ["datahub-status", "/datahub/status", "How far DataHub is followed"],
  ["datahub-approvals", "/datahub/approvals", "Columns that wait for an approval"],
] as const;

/** The index, as it is sent. */
export const indexSchema = z.object({
  name: z.string().openapi({ example: "tokenize-action" }),
  version: z.string().openapi({ example: "0.1.0" }),
  links: z.array(
    z.object({
      rel: z.string().openapi({ example: "service-desc" }),
      href: z.string().openapi({ example: "/openapi.json" }),
      title: z.string().openapi({ example: "The API, as OpenAPI describes it" }),
    }),
  ),
}).openapi("Index");

/** The index of a program of that version. */
export function indexOf(version: string): z.infer<typeof indexSchema> {
  const links = LINKS.map(([rel, href, title]) => ({ rel, href, title }));
  return { name: "tokenize-action", version, links };
}
