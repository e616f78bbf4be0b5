/** The HTTP API: routes, limits, authentication, and one place where failures become responses. */
import { OpenAPIHono, type RouteHandler } from "@hono/zod-openapi";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { ServiceError, toServiceError } from "../errors.ts";
import { stackFrames } from "../stack_frames.ts";
import type { DatahubLoop } from "../datahub/loop/loop.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Observe } from "../observations.ts";
import { inTrace, readTraceContext } from "../trace_context.ts";
import type { RunService } from "../runs/run_service.ts";
import { type ListenAddress, requireOwnHost, requireSameOrigin } from "./browser_requests.ts";
import { BodyMemory } from "./body_memory.ts";
import { approvalsRoute, approveRoute, readApproval } from "./approvals.ts";
import { requireBearerToken } from "./bearer_token.ts";
import { readChangeEvents } from "./datahub_events_body.ts";
import { GrowingPause } from "./growing_pause.ts";
import { HEALTHY } from "./health.ts";
import { readGauges } from "./metric_readings.ts";
import { addPages } from "./pages/pages.ts";
import { DOCUMENT_PATH, type Environment, pathInfo, shownPath } from "./paths.ts";
import { addPlan } from "./plan_api.ts";
import { problemResponse } from "./problem.ts";
import { type HistoryState, readinessCheck } from "./readiness.ts";
import {
  datahubEventsRoute,
  datahubStatusRoute,
  healthRoute,
  metricsRoute,
  readinessRoute,
} from "./routes.ts";
import { addRuns } from "./runs_api.ts";

/** What the API is made of. */
export interface AppDependencies {
  readonly version: string;
  readonly listen: ListenAddress;
  /** The bearer token that /trigger requires; undefined if anybody may trigger. */
  readonly triggerToken: string | undefined;
  /** What starts runs and knows them. */
  readonly runs: RunService;
  readonly action: ActionDependencies;
  /** Undefined if DataHub is not followed. */
  readonly datahub: DatahubLoop | undefined;
  /** Undefined if runs are kept in memory. */
  readonly history?: HistoryState | undefined;
  readonly metrics: Metrics;
}

/** The groups of the operations, in the order of the API's page. */
const TAGS = [
  { name: "Runs", description: "Tokenize columns, and follow what becomes of it" },
  { name: "DataHub", description: "What the tags in DataHub ask for" },
  { name: "About", description: "What there is, and whether it works" },
];

/** Makes the API. It reads no environment and opens no connection. */
export function createApp(deps: AppDependencies): OpenAPIHono<Environment> {
  const app = new OpenAPIHono<Environment>();
  const readiness = readinessCheck(deps.action.platforms, deps.datahub, deps.history);
  const wrongToken = new GrowingPause(); // one for all callers: guesses may come from many addresses
  const bodies = new BodyMemory();

  app.use(async (c, next) => {
    requireSameOrigin(c.req.raw);
    const isPublic = pathInfo(c.req.path)?.isPublic ?? false;
    if (deps.triggerToken === undefined && !isPublic) requireOwnHost(c.req.raw, deps.listen);
    const trace = readTraceContext(c.req.header("traceparent"), c.req.header("tracestate"));
    await inTrace(trace, next);
  });

  app.openapi(healthRoute, (c) => c.json(HEALTHY, 200));

  app.openapi(readinessRoute, async (c) => {
    const state = await readiness();
    return c.json(state, state.status === "ready" ? 200 : 503);
  });

  addMetrics(app, deps);

  const authenticate = async (header: string | undefined) => {
    if (deps.triggerToken === undefined) return;
    await requireBearerToken(header, deps.triggerToken, () => wrongToken.wait());
  };

  addRuns(app, { runs: deps.runs, bodies, authenticate });
  addPlan(app, { runs: deps.runs, action: deps.action, bodies, authenticate });
  addDatahub(app, deps.datahub, bodies, authenticate);
  addPages(app, deps.version);

  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "TRIGGER_TOKEN, if it is set",
  });
  app.doc31(DOCUMENT_PATH, {
    openapi: "3.1.0",
    info: { title: "tokenize-action", version: deps.version },
    tags: TAGS,
  });

  answerFailures(app, deps.action.observe);
  return app;
}

/** What Prometheus scrapes. The library that writes it is loaded by the first scrape. */
function addMetrics(
  app: OpenAPIHono<Environment>,
  { metrics, runs, action: { platforms }, datahub, history }: AppDependencies,
) {
  app.openAPIRegistry.registerPath(metricsRoute);
  app.get(metricsRoute.path, async (c) => {
    const { CONTENT_TYPE, exposition } = await import("../metrics/exposition.ts");
    const gauges = readGauges({ platforms, load: runs.load, datahub, history });
    const text = await exposition(metrics, gauges);
    return c.body(text, 200, { "content-type": CONTENT_TYPE });
  });
}

/** What the API has to do with DataHub. */
function addDatahub(
  app: OpenAPIHono<Environment>,
  datahub: DatahubLoop | undefined,
  bodies: BodyMemory,
  authenticate: (header: string | undefined) => Promise<void>,
): void {
  app.openAPIRegistry.registerPath(datahubEventsRoute);
  const takeEvents: RouteHandler<typeof datahubEventsRoute, Environment> = async (c) => {
    await authenticate(c.req.header("authorization"));
    const loop = requireFollowed(datahub);
    return c.json({ accepted: await loop.take(await readChangeEvents(c.req.raw, bodies)) }, 202);
  };
  app.post(datahubEventsRoute.path, takeEvents);
  app.openapi(datahubStatusRoute, async (c) => {
    await authenticate(c.req.header("authorization"));
    return c.json(requireFollowed(datahub).status(), 200);
  });
  app.openapi(approvalsRoute, async (c) => {
    await authenticate(c.req.header("authorization"));
    return c.json(requireFollowed(datahub).approvals(), 200);
  });
  app.openAPIRegistry.registerPath(approveRoute);
  const approve: RouteHandler<typeof approveRoute, Environment> = async (c) => {
    await authenticate(c.req.header("authorization"));
    const loop = requireFollowed(datahub);
    const approval = await readApproval(c.req.raw, bodies);
    await loop.approve(approval);
    return c.json({ dataset_urn: approval.datasetUrn, columns: [...approval.columns] }, 202);
  };
  app.post(approveRoute.path, approve);
}

function requireFollowed(datahub: DatahubLoop | undefined): DatahubLoop {
  if (datahub !== undefined) return datahub;
  throw new ServiceError(
    "platform_not_configured",
    "Cannot handle the request: DataHub is not followed, set DATAHUB_GMS_URL",
  );
}

/** Turns every failure into a problem document, and logs those that no run logs. */
function answerFailures(app: OpenAPIHono<Environment>, observe: Observe): void {
  app.notFound((c) => {
    const allow = pathInfo(c.req.path)?.allow;
    const { method, path } = c.req;
    const error = allow === undefined
      ? new ServiceError("not_found", "Cannot handle the request: there is nothing at this path")
      : new ServiceError(
        "method_not_allowed",
        `Cannot handle the request: ${method} is not allowed here, only ${allow}`,
      );
    observe({ event: "request_refused", code: error.code, method, path: shownPath(path) });
    const response = problemResponse(error);
    if (allow !== undefined) response.headers.set("allow", allow);
    return response;
  });

  app.onError((thrown, c) => {
    const runId = c.get("runId");
    const error = toServiceError(thrown);
    if (error.code === "internal" && runId === undefined) {
      observe({ event: "unexpected_failure", kind: thrown.name, frames: stackFrames(thrown) });
    } else if (runId === undefined) {
      const { method, path } = c.req;
      observe({ event: "request_refused", code: error.code, method, path: shownPath(path) });
    }
    return problemResponse(error, runId);
  });
}
