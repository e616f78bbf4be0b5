/** `POST /plan`: what a trigger would do, and all that stands in its way. It changes nothing. */
import { createRoute, type OpenAPIHono, type RouteHandler, z } from "@hono/zod-openapi";
import { planDataset } from "../action/plan_dataset.ts";
import type {
  ColumnInPlan,
  DatasetPlan,
  EstimateInPlan,
  Obstacle,
} from "../action/plan_document.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { ERROR_CODES } from "../errors.ts";
import { type FormCounts, FORMS } from "../platforms/forms.ts";
import { METHODS } from "../platforms/methods.ts";
import { type Warning, WARNINGS } from "../platforms/warnings.ts";
import type { RunService } from "../runs/run_service.ts";
import type { BodyMemory } from "./body_memory.ts";
import type { Environment } from "./paths.ts";
import { json, problemResponses } from "./route_parts.ts";
import { BODY_CODES } from "./routes.ts";
import { readActor } from "./run_headers.ts";
import { EXAMPLE_URN, residueSchema, schemaOf, triggerSchema } from "./schemas.ts";
import { readTrigger } from "./trigger_body.ts";

/** The plan as it is sent: without shapes of values, which only the command line may show. */
export interface SentPlan extends Omit<DatasetPlan, "columns"> {
  readonly columns: readonly Omit<ColumnInPlan, "shapes">[];
  /** What is to be known before the run; absent if there is nothing. */
  readonly warnings?: readonly Warning[];
}

const count = () => z.int().min(0);
const countOrNull = () => count().nullable();

/** The schema or null; of a schema with a name, the library's own loses the null. */
function orNull<T>(schema: z.ZodType<T>): z.ZodType<T | null> {
  return z.union([schema, z.null()]);
}

const formsSchema = schemaOf<FormCounts>("Forms", {
  sampled: count().openapi({ description: "Values that were looked at" }),
  forms: z.partialRecord(z.enum(FORMS as [FormName, ...FormName[]]), count()).openapi({
    description: "How many of them look like what; forms that none has are left out",
    example: { email: 1000 },
  }),
});

type FormName = (typeof FORMS)[number];

const columnSchema = schemaOf<Omit<ColumnInPlan, "shapes">>("PlannedColumn", {
  name: z.string().openapi({ example: "email" }),
  type: z.string().openapi({ example: "text" }),
  nulls: count(),
  would_change: count().openapi({ description: "Values that the run would replace" }),
  tokens: z.object({
    own: count(),
    other_key: count(),
    other_sdk: count(),
    lookalikes: countOrNull(),
  }),
  looks_like: orNull(formsSchema),
});

const estimateSchema = schemaOf<EstimateInPlan>("Estimate", {
  seconds: z.number().min(0),
  disk_bytes: count(),
  wal_bytes: countOrNull(),
  basis: z.array(z.string()),
});

const obstacleSchema = schemaOf<Obstacle>("Obstacle", {
  code: z.enum(ERROR_CODES),
  detail: z.string(),
});

const methodSchema = z.enum(METHODS);

const planSchema = schemaOf<SentPlan>("Plan", {
  dataset_urn: z.string().openapi({ example: EXAMPLE_URN }),
  asked_columns: z.array(z.string()),
  platform: z.string().nullable(),
  table: z.string().nullable(),
  possible: z.boolean().openapi({ description: "Whether nothing is known to stand in the way" }),
  obstacles: z.array(obstacleSchema),
  rows: countOrNull(),
  would_update: countOrNull(),
  columns: z.array(columnSchema),
  method: orNull(methodSchema),
  other_methods: z.array(z.object({ method: methodSchema, reason: z.string() })),
  estimate: orNull(estimateSchema),
  token_prefix: z.string().nullable(),
  residue: z.array(residueSchema),
  elapsed_ms: count(),
  warnings: z.array(z.enum(WARNINGS)).optional(),
});

/** What a run would do. */
export const planRoute = createRoute({
  method: "post",
  path: "/plan",
  operationId: "plan",
  tags: ["Runs"],
  summary: "What a trigger would do, what it would cost, and what stands in its way",
  security: [{ bearer: [] }],
  request: { body: { required: true, content: json(triggerSchema) } },
  responses: {
    200: { description: "The plan, also of a run that is not possible", content: json(planSchema) },
    ...problemResponses((code) =>
      [...BODY_CODES, "permission_denied", "run_in_progress", "shutting_down", "timeout"]
        .includes(code)
    ),
  },
});

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
        planDataset({ ...trigger, showShapes: false }, action, signal),
    );
    const { standingWarnings: warnings = [] } = action;
    return c.json({ ...made, ...(warnings.length > 0 && { warnings: [...warnings] }) }, 200);
  };
  app.post(planRoute.path, plan);
}
