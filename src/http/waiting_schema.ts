/** The shape of what waits for an approval, for each response that has it. */
import { z } from "@hono/zod-openapi";
import type { Looks } from "../datahub/loop/looks.ts";
import type { PlannedReason } from "../datahub/loop/plan_document.ts";
import type { WaitingDataset } from "../datahub/loop/waiting_columns.ts";
import { type Form, FORMS } from "../platforms/forms.ts";
import { EXAMPLE_URN, schemaOf } from "./schemas.ts";

const reasonSchema = schemaOf<PlannedReason>("TagReason", {
  label: z.string().openapi({ example: "urn:li:tag:PII" }),
  actor: z.string().nullable().openapi({ description: "URN of who tagged it, if DataHub knows" }),
  at: z.string().nullable().openapi({ description: "When (RFC 3339)" }),
  derived: z.boolean().openapi({ description: "Whether a program derived it" }),
});

const formSchema = z.enum(FORMS as [Form, ...Form[]]);

const looksSchema = schemaOf<Looks>("Looks", {
  sampled: z.int().min(0).openapi({ description: "How many values the sample has" }),
  forms: z.partialRecord(formSchema, z.int().min(0)).openapi({
    description: "How many of them have each form; forms that none has are left out",
    example: { email: 98, other: 2 },
  }),
  expected: formSchema.nullable().openapi({
    description: "The form that the tag or term speaks of; null if it speaks of none",
  }),
  fitting: z.int().min(0).nullable().openapi({ description: "How many of them have that form" }),
});

/** A dataset with columns that wait for an approval. */
export const waitingSchema = schemaOf<WaitingDataset>("WaitingDataset", {
  dataset_urn: z.string().openapi({ example: EXAMPLE_URN }),
  columns: z.array(z.object({
    name: z.string(),
    reasons: z.array(reasonSchema),
    looks_like: looksSchema.nullable().openapi({
      description: "What a sample of the values looks like; null if there is none",
    }),
  })),
  rows: z.int().min(0).nullable().openapi({
    description: "Rows with a plain value in one of the columns; null if they were not counted",
  }),
});
