/** The shapes of the HTTP API: what validates it, and what `/openapi.json` is made from. */
import { z } from "@hono/zod-openapi";
import type { Report } from "../action/trigger.ts";
import { ERROR_CODES } from "../errors.ts";
import { METHODS } from "../platforms/methods.ts";
import { RESIDUE_STATES, type ResiduePlace } from "../platforms/residue.ts";
import { WARNINGS } from "../platforms/warnings.ts";
import {
  COMMIT_MODES,
  DEFAULT_RUN_OPTIONS,
  MAX_CONNECTIONS,
  MAX_ROWS_PER_SECOND,
  STRATEGIES,
} from "../run_options.ts";
import type { Problem } from "../runs/run.ts";
import type { Readiness } from "./readiness.ts";

/** A schema for each field of `T`: with one missing or one too many, the program does not compile. */
type FieldsOf<T> = { readonly [Field in keyof T]-?: z.ZodType<T[Field]> };

/** The schema of `T`, which `/openapi.json` lists by that name. */
export function schemaOf<T>(name: string, fields: FieldsOf<T>): z.ZodType<T> {
  const schema: z.ZodType<unknown> = z.object(fields).openapi(name);
  return schema as z.ZodType<T>; // the compiler cannot follow `FieldsOf` for any T
}

/** A URN for examples. */
export const EXAMPLE_URN =
  "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";

/** The body of `POST /trigger`. */
export const triggerSchema = z.strictObject({
  dataset_urn: z.string().min(1).max(4096).openapi({
    description: "The dataset's URN, as DataHub writes it",
    example: EXAMPLE_URN,
  }),
  columns: z.array(z.string().min(1).max(4096)).min(1).max(1600).openapi({
    description: "Column names, schemaField paths or schemaField URNs, each once",
    example: ["email", "phone"],
  }),
  dry_run: z.boolean().default(DEFAULT_RUN_OPTIONS.dryRun).openapi({
    description: "Count what would change, and change nothing",
  }),
  commit: z.enum(COMMIT_MODES).default(DEFAULT_RUN_OPTIONS.commit).openapi({
    description: "What is all or nothing: the whole run, or each of many batches",
  }),
  strategy: z.enum(STRATEGIES).default(DEFAULT_RUN_OPTIONS.strategy).openapi({
    description: "Update rows in place, or rewrite the whole table under an exclusive lock",
  }),
  scrub: z.boolean().default(DEFAULT_RUN_OPTIONS.scrub).openapi({
    description: "Clear the old values that the run leaves elsewhere, as far as the role may",
  }),
  connections: z.int().min(1).max(MAX_CONNECTIONS).optional().openapi({
    description: "How many connections may write at once in batches",
  }),
  rows_per_second: z.int().min(1).max(MAX_ROWS_PER_SECOND).optional().openapi({
    description: "The most rows to write in a second",
  }),
}).openapi("Trigger");

/** The body as a caller writes it. */
export type TriggerBody = z.input<typeof triggerSchema>;

/** A place where an update may leave old values. */
export const residueSchema = schemaOf<ResiduePlace>("Residue", {
  place: z.string().openapi({ example: "pg_stats" }),
  state: z.enum(RESIDUE_STATES).openapi({
    description: "`none`: checked, and empty; `cleared`: by this run, and checked again; " +
      "`remains`: old values are there, or have to be assumed there; `not_checked`: it was not " +
      "checked, or could not be",
  }),
  command: z.string().optional().openapi({ description: "The SQL that clears it" }),
  detail: z.string().optional(),
});

/** The response to a trigger that succeeded. */
export const reportSchema = schemaOf<Report>("Report", {
  run_id: z.string(),
  dataset_urn: z.string(),
  platform: z.string(),
  table: z.string().openapi({ example: "app.public.customers" }),
  columns: z.array(z.string()),
  dry_run: z.boolean(),
  updated: z.int().min(0).openapi({ description: "Rows in which at least one column changed" }),
  skipped: z.int().min(0).openapi({ description: "The table's other rows" }),
  foreign: z.int().min(0).openapi({
    description: "Tokens of another SDK or key in the columns, which are left alone",
  }),
  lookalikes: z.int().min(0).optional().openapi({
    description:
      "Texts in the form of tokens that fail their authentication, which are left alone; " +
      "absent if none was tried",
  }),
  method: z.enum(METHODS).optional().openapi({
    description: "Where the tokens were made; absent for a dry run",
  }),
  elapsed_ms: z.int().min(0),
  warnings: z.array(z.enum(WARNINGS)).optional().openapi({
    description: "What is to be known of a run that is done; absent if there is nothing. " +
      "`sync_standby_wait_cancelled`: committed, but a synchronous standby has not confirmed it; " +
      "`server_warning`: the database server warned of something, which its log has in words; " +
      "`dummy_tokens`: the token SDK is `dummy`, so anybody can read the tokens back",
  }),
  residue: z.array(residueSchema).optional().openapi({
    description:
      "Where old values are left; absent if nothing was updated and `scrub` was not requested",
  }),
});

/** The response to anything that failed. */
export const problemSchema = schemaOf<Problem>("Problem", {
  status: z.int(),
  title: z.string(),
  detail: z.string(),
  code: z.enum(ERROR_CODES),
  run_id: z.string().optional(),
});

/** The response of `/healthz`. */
export const healthSchema = z.object({ status: z.literal("ok").openapi({ example: "ok" }) })
  .openapi("Health");

/** The response of `/metrics`. */
export const metricsSchema = z.string().openapi("Metrics", {
  example: 'tokenize_runs_total{platform="postgres",outcome="succeeded"} 12\n',
});

/** The response of `/readyz`: a line for each platform, and one for DataHub. */
export const readinessSchema = schemaOf<Readiness>("Readiness", {
  status: z.enum(["ready", "not_ready"]),
  platforms: z.record(z.string(), z.string()).openapi({ example: { postgres: "reachable" } }),
  datahub: z.string().optional().openapi({
    description: "`reachable`, or why DataHub is not; absent if it is not followed",
  }),
  datahub_leader: z.string().optional().openapi({
    description: "The replica that follows DataHub; absent if replicas share no history",
  }),
  history: z.string().optional().openapi({
    description: "`reachable`, or why the history is not; absent if runs are kept in memory",
  }),
});
