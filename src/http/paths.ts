/** Every path of the API: the methods it allows, and whether anybody may read it. */
import {
  datahubEventsRoute,
  datahubStatusRoute,
  healthRoute,
  metricsRoute,
  readinessRoute,
  triggerRoute,
} from "./routes.ts";
import { approvalsRoute } from "./approvals.ts";
import { PAGE_PATHS } from "./pages/pages.ts";
import { planRoute } from "./plan_routes.ts";
import { cancelRoute, runEventsRoute, runRoute, runsRoute } from "./run_routes.ts";

/** What handlers of a request know of it. */
export type Environment = { Variables: { runId: string } };

/** Where the OpenAPI document is. */
export const DOCUMENT_PATH = "/openapi.json";

/** What is true of a path. */
export interface PathInfo {
  /** As OpenAPI writes it, with the names of parameters in braces. */
  readonly template: string;
  /** As the header `Allow` has it. */
  readonly allow: string;
  /** Whether it needs no token. */
  readonly isPublic: boolean;
}

/** Probes come with any Host. */
const PATHS: readonly PathInfo[] = [
  { template: healthRoute.path, allow: "GET, HEAD", isPublic: true },
  { template: readinessRoute.path, allow: "GET, HEAD", isPublic: true },
  { template: metricsRoute.path, allow: "GET, HEAD", isPublic: true },
  { template: DOCUMENT_PATH, allow: "GET, HEAD", isPublic: true },
  { template: triggerRoute.path, allow: "POST", isPublic: false },
  { template: planRoute.path, allow: "POST", isPublic: false },
  { template: runsRoute.path, allow: "GET, HEAD", isPublic: false },
  { template: runRoute.path, allow: "GET, HEAD, PATCH", isPublic: false },
  { template: cancelRoute.path, allow: "POST", isPublic: false },
  { template: runEventsRoute.path, allow: "GET, HEAD", isPublic: false },
  { template: approvalsRoute.path, allow: "GET, HEAD, POST", isPublic: false },
  { template: datahubEventsRoute.path, allow: "POST", isPublic: false },
  { template: datahubStatusRoute.path, allow: "GET, HEAD", isPublic: false },
  ...PAGE_PATHS.map((template) => ({ template, allow: "GET, HEAD", isPublic: true })),
];

const PATTERNS = PATHS.map((info) => ({
  info,
  pattern: new RegExp(`^${info.template.replaceAll(".", "\\.").replace(/\{\w+\}/, "[^/]+")}$`),
}));

/** What is known of a path; undefined if there is nothing at it. */
export function pathInfo(path: string): PathInfo | undefined {
  return PATTERNS.find(({ pattern }) => pattern.test(path))?.info;
}

/** A path as the log may show it: only known ones, since others can contain anything. */
export function shownPath(path: string): string {
  return pathInfo(path)?.template ?? "(unknown)";
}
