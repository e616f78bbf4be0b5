/** The shapes of what the API has to do with DataHub. */
import { z } from "@hono/zod-openapi";
import type { DatasetProblem } from "../datahub/loop/loop_state.ts";
import { EVENT_STATES, type LoopStatus } from "../datahub/loop/loop_status.ts";
import { DATAHUB_MODES } from "../datahub/settings.ts";
import { schemaOf } from "./schemas.ts";
import { waitingSchema } from "./waiting_schema.ts";

/** The most events of one request. */
const MAX_EVENTS = 1000;

/** An event as DataHub writes it. What else it holds is ignored. */
const changeEventSchema = z.looseObject({
  entityUrn: z.string().max(8192).openapi({
    description: "URN of a dataset or of a column (schemaField)",
    example: "urn:li:schemaField:(urn:li:dataset:(urn:li:dataPlatform:postgres," +
      "app.public.customers,PROD),email)",
  }),
  category: z.string().openapi({ example: "TAG" }),
  operation: z.string().openapi({ example: "ADD" }),
  modifier: z.string().nullish().openapi({ example: "urn:li:tag:PII" }),
}).openapi("EntityChangeEvent");

/** The body of `POST /datahub/events`. */
export const changeEventsSchema = z.union([
  changeEventSchema,
  z.array(changeEventSchema).max(MAX_EVENTS),
]);

/** The response to `POST /datahub/events`. */
export const acceptedSchema = z.object({
  accepted: z.int().min(0).openapi({
    description: "How many of the events are about a tag or term that is followed",
    example: 1,
  }),
}).openapi("AcceptedEvents");

const datasetProblemSchema = schemaOf<DatasetProblem>("DatasetProblem", {
  dataset_urn: z.string(),
  code: z.string().openapi({ description: "An error code, or `datahub`" }),
  detail: z.string(),
});

/** The response of `GET /datahub/status`. */
export const datahubStatusSchema = schemaOf<LoopStatus>("DatahubStatus", {
  mode: z.enum(DATAHUB_MODES).openapi({ example: "approve" }),
  events: z.enum(EVENT_STATES).openapi({
    description: "`polling`; `absent`: DataHub has no Events API, sweeps only; `failing`: " +
      "not at the moment, see `problem`",
  }),
  problem: z.string().nullable().openapi({
    description: "Why DataHub cannot be asked, or takes no reports",
  }),
  needs_attention: z.boolean().openapi({
    description: "Whether a token or a privilege is missing, which waiting does not mend",
  }),
  offset_id: z.string().nullable().openapi({
    description: "The offset of the events that DataHub has stored for this program",
  }),
  last_event_at: z.string().nullable().openapi({
    description: "When the newest event happened that was taken (RFC 3339)",
  }),
  lag_seconds: z.int().min(0).nullable().openapi({ description: "How long ago that was" }),
  last_sweep_at: z.string().nullable(),
  last_sweep_datasets: z.int().min(0).nullable(),
  due: z.int().min(0).openapi({ description: "How many datasets wait for their turn" }),
  running: z.int().min(0).openapi({ description: "How many have it" }),
  later: z.int().min(0).openapi({
    description:
      "How many have a turn later: to be tried again, or for old values that time clears",
  }),
  waiting_for_approval: z.array(z.string()),
  waiting: z.array(waitingSchema).openapi({
    description: "The columns that wait, why they are tagged, and what their values look like",
  }),
  failed: z.array(datasetProblemSchema).openapi({ description: "They are tried again" }),
  refused: z.array(datasetProblemSchema).openapi({
    description: "Somebody has to change something before they can be tokenized",
  }),
  leader: z.string().nullable().optional().openapi({
    description: "Which of the replicas follows DataHub; null if none is known to. " +
      "Absent if they share no history",
    example: "tokenize-action-0",
  }),
  is_leader: z.boolean().optional().openapi({
    description: "Whether it is the one that was asked",
  }),
});
