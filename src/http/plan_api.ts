/** `POST /plan`: what a trigger would do, and all that stands in its way. It changes nothing. */
import type { OpenAPIHono, RouteHandler } from "@hono/zod-openapi";
import { planDataset } from "../action/plan_dataset.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import type { RunService } from "../runs/run_service.ts";
import type { BodyMemory } from "./body_memory.ts";
import type { Environment } from "./paths.ts";
import { planRoute } from "./plan_routes.ts";
import { readActor } from "./run_headers.ts";
import { readTrigger } from "./trigger_body.ts";

/** What the handler works with. */
export interface PlanDependencies {
  readonly runs: RunService;
  readonly action: ActionDependencies;
  readonly bodies: BodyMemory;
  /** Throws `unauthorized` for a request without the right `Authorization`. */
  readonly authenticate: (header: string | undefined) => Promise<void>;
}

/** Adds the route. A plan waits for its database as runs do. */
export function addPlan(
  app: OpenAPIHono<Environment>,
  { runs, action, bodies, authenticate }: PlanDependencies,
): void {
  app.openAPIRegistry.registerPath(planRoute);
  const plan: RouteHandler<typeof planRoute, Environment> = async (c) => {
    await authenticate(c.req.header("authorization"));
    const trigger = { ...await readTrigger(c.req.raw, bodies), dryRun: true };
    const cause = { kind: "http", actor: readActor(c.req.header("from")) } as const;
    const made = await runs.aside(
      { trigger, cause },
      (trigger, action, { signal }) =>
        planDataset({ ...trigger, showShapes: false }, action, { signal }),
    );
    const { standingWarnings: warnings = [] } = action;
    return c.json({ ...made, ...(warnings.length > 0 && { warnings: [...warnings] }) }, 200);
  };
  app.post(planRoute.path, plan);
}
