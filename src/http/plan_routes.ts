/** The route of plans as OpenAPI describes it, and the shape of a plan. */
import { createRoute, z } from "@hono/zod-openapi";
import type {
  ColumnInPlan,
  DatasetPlan,
  EstimateInPlan,
  Obstacle,
} from "../action/plan_document.ts";
import { ERROR_CODES } from "../errors.ts";
import { type FormCounts, FORMS } from "../platforms/forms.ts";
import { METHODS } from "../platforms/methods.ts";
import { type Warning, WARNINGS } from "../platforms/warnings.ts";
import { json, problemResponses } from "./route_parts.ts";
import { BODY_CODES } from "./routes.ts";
import { EXAMPLE_URN, residueSchema, schemaOf, triggerSchema } from "./schemas.ts";

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
  sampled: count().openapi({ description: "How many values the sample has" }),
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
  untried: z.array(z.string()).optional().openapi({
    description: "Conditions that only the run can try: the role may not read what they are about",
    example: ['foreign key "orders_email_fkey"'],
  }),
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
