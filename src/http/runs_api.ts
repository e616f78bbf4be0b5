/** What the API has to do with runs: `/trigger` starts one, `/runs` and what is below it are about them. */
import type { OpenAPIHono, RouteHandler } from "@hono/zod-openapi";
import { ServiceError } from "../errors.ts";
import type { Run } from "../runs/run.ts";
import { noReceipt } from "../runs/run_errors.ts";
import type { StartedRun } from "../runs/run_order.ts";
import type { RunService } from "../runs/run_service.ts";
import type { BodyMemory } from "./body_memory.ts";
import type { Environment } from "./paths.ts";
import { triggerRoute } from "./routes.ts";
import { followRun, parseLastEventId } from "./run_events.ts";
import { prefersAsync, readActor, readIdempotency } from "./run_headers.ts";
import {
  adjustRoute,
  cancelRoute,
  receiptRoute,
  runEventsRoute,
  runRoute,
  runsRoute,
} from "./run_routes.ts";
import { readAdjustment } from "./adjustment_body.ts";
import { toRunQuery } from "./run_schemas.ts";
import { readTrigger } from "./trigger_body.ts";

/** What the handlers work with. */
export interface RunsApiDependencies {
  readonly runs: RunService;
  readonly bodies: BodyMemory;
  /** Throws `unauthorized` for a request without the right `Authorization`. */
  readonly authenticate: (header: string | undefined) => Promise<void>;
}

/** Adds the routes. */
export function addRuns(
  app: OpenAPIHono<Environment>,
  { runs, bodies, authenticate }: RunsApiDependencies,
): void {
  app.openAPIRegistry.registerPath(triggerRoute);
  const trigger: RouteHandler<typeof triggerRoute, Environment> = async (c) => {
    await authenticate(c.req.header("authorization"));
    const trigger = await readTrigger(c.req.raw, bodies);
    const isAsync = prefersAsync(c.req.header("prefer"));
    if (isAsync) runs.requireRoute(trigger);
    const idempotency = readIdempotency(c.req.header("idempotency-key"), trigger);
    const cause = { kind: "http", actor: readActor(c.req.header("from")) } as const;
    const started = await runs.start({ trigger, cause, idempotency });
    if (started.isReplay) c.header("idempotent-replayed", "true");
    if (isAsync) return c.json(started.stored.run, 202, acceptedHeaders(started));
    c.set("runId", started.stored.run.run_id);
    return c.json(await started.report, 200);
  };
  app.post(triggerRoute.path, trigger);

  app.openAPIRegistry.registerPath(runsRoute);
  app.get(runsRoute.path, async (c) => {
    await authenticate(c.req.header("authorization"));
    const query = toRunQuery(c.req.query()) ?? invalidQuery();
    return c.json({ ...await runs.list(query), history: runs.store.status() }, 200);
  });

  addRun(app, { runs, bodies, authenticate });
}

/** The routes of one run. */
function addRun(
  app: OpenAPIHono<Environment>,
  { runs, bodies, authenticate }: RunsApiDependencies,
): void {
  for (const route of [runRoute, adjustRoute, cancelRoute, runEventsRoute, receiptRoute]) {
    app.openAPIRegistry.registerPath(route);
  }
  app.get("/runs/:id", async (c) => {
    await authenticate(c.req.header("authorization"));
    const { run } = await runs.get(c.req.param("id"));
    return c.json(run, 200);
  });
  app.patch("/runs/:id", async (c) => {
    await authenticate(c.req.header("authorization"));
    const adjustment = await readAdjustment(c.req.raw, bodies);
    return c.json(await runs.adjust(c.req.param("id"), adjustment), 200);
  });
  app.post("/runs/:id/cancel", async (c) => {
    await authenticate(c.req.header("authorization"));
    const run: Run = await runs.cancel(c.req.param("id"));
    return c.json(run, 202);
  });
  app.get("/runs/:id/receipt", async (c) => {
    await authenticate(c.req.header("authorization"));
    const receipt = await runs.receipts?.document(c.req.param("id")) ?? noReceipt();
    return c.body(receipt, 200, { "content-type": "application/json" });
  });
  app.get("/runs/:id/events", async (c) => {
    await authenticate(c.req.header("authorization"));
    const after = parseLastEventId(c.req.header("last-event-id"));
    return followRun(runs.follower, await runs.get(c.req.param("id")), after);
  });
}

function acceptedHeaders({ stored: { run: { run_id } } }: StartedRun): Record<string, string> {
  return { location: `/runs/${run_id}`, "preference-applied": "respond-async" };
}

function invalidQuery(): never {
  throw new ServiceError(
    "invalid_request",
    'Cannot list runs: the query may have "limit" (1 to 200), "cursor", "state" and "dataset_urn", each once',
  );
}
