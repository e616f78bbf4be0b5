/**
 * The parts of DataHub's aspects that the program reads. Unknown fields are ignored, missing ones count as
 * empty.
 *
 * Source of the shapes: DataHub's model, `metadata-models/src/main/pegasus/com/linkedin` (`schema`,
 * `common`, `glossary`).
 */
import { z } from "zod";

/** Who attached a tag or term, and by which means, as far as DataHub was told. */
const attributionSchema = z.object({
  time: z.number().nullish(),
  actor: z.string().nullish(),
  source: z.string().nullish(),
  sourceDetail: z.record(z.string(), z.string()).nullish(),
});

const association = { context: z.string().nullish(), attribution: attributionSchema.nullish() };

/** The aspect `globalTags`. */
const globalTagsSchema = z.object({
  tags: z.array(z.object({ tag: z.string(), ...association })).nullish(),
});

/** The aspect `glossaryTerms`. */
const glossaryTermsSchema = z.object({
  terms: z.array(z.object({ urn: z.string(), ...association })).nullish(),
});

const labels = {
  globalTags: globalTagsSchema.nullish(),
  glossaryTerms: glossaryTermsSchema.nullish(),
};

/** The tags and terms of a thing. */
export type Labels = z.infer<z.ZodObject<typeof labels>>;

const fieldSchema = z.object({ fieldPath: z.string(), ...labels });

/** The tags and terms of a column in one of the places where DataHub keeps them. */
export type FieldLabels = z.infer<typeof fieldSchema>;

const inValue = <T extends z.ZodType>(schema: T) => z.object({ value: schema }).nullish();

/** A dataset with those aspects that decide what is done with it, as OpenAPI v3 gives them. */
export const datasetSchema = z.object({
  urn: z.string(),
  schemaMetadata: inValue(z.object({ fields: z.array(fieldSchema).nullish() })),
  editableSchemaMetadata: inValue(
    z.object({ editableSchemaFieldInfo: z.array(fieldSchema).nullish() }),
  ),
  globalTags: inValue(globalTagsSchema),
  glossaryTerms: inValue(glossaryTermsSchema),
  siblings: inValue(z.object({ siblings: z.array(z.string()).nullish() })),
  status: inValue(z.object({ removed: z.boolean().nullish() })),
  deprecation: inValue(z.object({ deprecated: z.boolean().nullish() })),
});

/** The aspects of `datasetSchema`. */
export const DATASET_ASPECTS = [
  "schemaMetadata",
  "editableSchemaMetadata",
  "globalTags",
  "glossaryTerms",
  "siblings",
  "status",
  "deprecation",
] as const;

/** A column's own entity. */
export const schemaFieldSchema = z.object({
  urn: z.string(),
  globalTags: inValue(globalTagsSchema),
  glossaryTerms: inValue(glossaryTermsSchema),
});
