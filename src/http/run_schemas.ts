/** The shapes of runs in the HTTP API. */
import { z } from "@hono/zod-openapi";
import {
  type Cause,
  CAUSE_KINDS,
  type Run,
  RUN_STATES,
  type RunProgress,
  type RunState,
  type RunThrottle,
} from "../runs/run.ts";
import type { HistoryStatus, RunPage, RunQuery } from "../runs/run_store.ts";
import { ADJUSTABLE } from "../platforms/throttle.ts";
import { MAX_CONNECTIONS, MAX_ROWS_PER_SECOND, OPERATIONS } from "../run_options.ts";
import { problemSchema, reportSchema, schemaOf } from "./schemas.ts";

/** The most runs of a page, and how many there are by default. */
const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;

/** The schema or null; of a schema with a name, the library's own loses the null. */
function orNull<T>(schema: z.ZodType<T>): z.ZodType<T | null> {
  return z.union([schema, z.null()]);
}

const time = () => z.iso.datetime().openapi({ example: "2026-01-31T08:15:30.123Z" });

const causeSchema = schemaOf<Cause>("Cause", {
  kind: z.enum(CAUSE_KINDS).openapi({
    description: "A request, the command line, an event of DataHub, or a sweep over its datasets",
  }),
  actor: z.string().nullable().openapi({
    description:
      "Who: the `From` header of a request, or the DataHub user of an event; null if unknown",
  }),
});

const progressSchema = schemaOf<RunProgress>("Progress", {
  updated: z.int().min(0).openapi({ description: "Rows written so far" }),
  skipped: z.int().min(0).optional().openapi({
    description: "Rows with nothing to write, such as those that an earlier run wrote; absent as " +
      "long as they are not counted",
  }),
  total: z.int().min(0).openapi({ description: "Rows in the table" }),
  estimated: z.literal(true).optional().openapi({
    description: "Present while one statement does the work: these rows follow from a sample",
  }),
  rows_per_second: z.number().min(0).openapi({ description: "Over the last ten seconds" }),
  seconds_left: z.number().min(0).optional().openapi({
    description:
      "At that rate, if every row that is not skipped has to be written; absent if nobody can tell",
  }),
  throttled_by: z.string().optional().openapi({
    description: "What the run waits for at present; absent if for nothing",
  }),
});

const throttleSchema = schemaOf<RunThrottle>("Throttle", {
  rows_per_second: z.number().min(1).nullable(),
  connections: z.int().min(1).nullable(),
  paused: z.boolean(),
});

/** A run. */
export const runSchema = schemaOf<Run>("Run", {
  run_id: z.string(),
  state: z.enum(RUN_STATES).openapi({
    description: "`succeeded`, `failed`, `cancelled` and `interrupted` are final; a run is " +
      "`interrupted` when the program ends before it",
  }),
  dataset_urn: z.string(),
  platform: z.string().nullable(),
  table: z.string().nullable().openapi({ description: "Null until it was found" }),
  columns: z.array(z.string()),
  operation: z.enum(OPERATIONS).openapi({
    description: "Values to tokens, tokens to those of the current key, or tokens to values",
  }),
  dry_run: z.boolean(),
  cause: causeSchema,
  progress: orNull(progressSchema),
  created_at: time(),
  started_at: time().nullable(),
  finished_at: time().nullable(),
  report: orNull(reportSchema).openapi({ description: "Null unless it succeeded" }),
  problem: orNull(problemSchema).openapi({ description: "Why it did not succeed" }),
  adjustable: z.array(z.enum(ADJUSTABLE)).optional().openapi({
    description: "What `PATCH` can change in this run; absent until that is known",
  }),
  throttle: throttleSchema.optional().openapi({
    description: "Absent until a limit or pause was requested",
  }),
  cancel_requested: z.literal(true).optional(),
});

/** The body of `PATCH /runs/{id}`. */
export const adjustmentSchema = z.strictObject({
  rows_per_second: z.int().min(1).max(MAX_ROWS_PER_SECOND).nullable().optional().openapi({
    description: "The most rows to write in a second; null for no limit",
    example: 5000,
  }),
  connections: z.int().min(1).max(MAX_CONNECTIONS).nullable().optional().openapi({
    description: "How many connections may write at once; null leaves it to the program",
  }),
  paused: z.boolean().optional().openapi({ description: "Whether no further batch is to begin" }),
}).openapi("Adjustment");

const historySchema = schemaOf<HistoryStatus>("History", {
  kept_in: z.enum(["memory", "postgres"]),
  max_runs: z.int().min(1).optional().openapi({
    description: "The most runs that are kept; absent if there is no limit",
  }),
  dropped_runs: z.int().min(0).optional().openapi({
    description: "How many ended runs were dropped for that limit",
  }),
});

/** A page of runs, with where they are kept. */
export interface PublishedPage extends RunPage {
  readonly history: HistoryStatus;
}

/** The response to `GET /runs`. */
export const runPageSchema = schemaOf<PublishedPage>("RunPage", {
  runs: z.array(runSchema).openapi({ description: "Newest first" }),
  next_cursor: z.string().nullable().openapi({ description: "Null on the last page" }),
  history: historySchema,
});

const STATES = `^(${RUN_STATES.join("|")})(,(${RUN_STATES.join("|")}))*$`;

/** The query of `GET /runs`. */
export const runQuerySchema = z.strictObject({
  limit: z.string().regex(/^\d{1,3}$/).optional().openapi({
    description: `1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT} by default`,
    example: "50",
  }),
  cursor: z.string().max(500).optional().openapi({
    description: "`next_cursor` of the page before",
  }),
  state: z.string().regex(new RegExp(STATES)).optional().openapi({
    description: "Only runs in that state, or in one of several with commas between them",
    example: "queued,running",
  }),
  dataset_urn: z.string().max(4096).optional().openapi({
    description: "Only runs on that dataset",
  }),
});

/** The query as a store takes it; undefined if it is not valid. */
export function toRunQuery(query: unknown): RunQuery | undefined {
  const result = runQuerySchema.safeParse(query);
  if (!result.success) return undefined;
  const { limit = String(DEFAULT_LIMIT), cursor, state, dataset_urn: datasetUrn } = result.data;
  if (Number(limit) < 1 || Number(limit) > MAX_LIMIT) return undefined;
  const states = state?.split(",") as RunState[] | undefined;
  return { limit: Number(limit), cursor, states, datasetUrn };
}
