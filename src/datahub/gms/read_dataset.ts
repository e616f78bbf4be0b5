/** Reads a dataset from DataHub: whether it is in use, its columns, and the tags and terms on them. */
import { z } from "zod";
import { encodePart } from "../dataset_urn.ts";
import { toV1 } from "../schema_field.ts";
import {
  DATASET_ASPECTS,
  datasetSchema,
  type FieldLabels,
  type Labels,
  schemaFieldSchema,
} from "./aspects.ts";
import { type Gms, requireSuccess } from "./gms.ts";
import { parsed } from "./parsed.ts";

/** A dataset as DataHub knows it. */
export interface DatahubDataset {
  readonly urn: string;
  /** False if it was removed, or DataHub never heard of it. */
  readonly exists: boolean;
  readonly isDeprecated: boolean;
  /** Its columns' paths as ingested; undefined if DataHub has no schema of it. */
  readonly columns: readonly string[] | undefined;
  /** Tags and terms of columns: ingested ones, edited ones and those of the columns' own entities. */
  readonly fieldLabels: readonly FieldLabels[];
  /** Tags and terms of the dataset as a whole. */
  readonly ownLabels: Labels;
  /** The URNs of those datasets that stand for the same table, such as dbt's. */
  readonly siblings: readonly string[];
}

const SCHEMA_FIELD_PREFIX = "urn:li:schemaField:";
/** How many columns' entities are read with one request. */
const FIELDS_PER_REQUEST = 200;
const NOT_FOUND = 404;

/** Reads it, from the primary store and not from the search index. Throws `GmsError`. */
export async function readDataset(
  gms: Gms,
  urn: string,
  signal?: AbortSignal,
): Promise<DatahubDataset> {
  const aspects = DATASET_ASPECTS.map((name) => `aspects=${name}`).join("&");
  const path = `/openapi/v3/entity/dataset/${encodeURIComponent(urn)}?${aspects}`;
  const reply = await gms.exchange({ method: "GET", path, signal });
  if (reply.status === NOT_FOUND) return unknownDataset(urn);
  requireSuccess(reply);
  const dataset = parsed(datasetSchema, reply.json);
  const fields = dataset.schemaMetadata?.value.fields ?? undefined;
  const edited = dataset.editableSchemaMetadata?.value.editableSchemaFieldInfo ?? [];
  const paths = [...(fields ?? []), ...edited].map(({ fieldPath }) => fieldPath);
  return {
    urn,
    exists: dataset.status?.value.removed !== true,
    isDeprecated: dataset.deprecation?.value.deprecated === true,
    columns: fields?.map(({ fieldPath }) => fieldPath),
    fieldLabels: [
      ...(fields ?? []),
      ...edited,
      ...await readFieldEntities(gms, urn, paths, signal),
    ],
    ownLabels: {
      globalTags: dataset.globalTags?.value,
      glossaryTerms: dataset.glossaryTerms?.value,
    },
    siblings: dataset.siblings?.value.siblings ?? [],
  };
}

/** The labels of the columns' own entities, under the v2 path and the v1 path of each. */
async function readFieldEntities(
  gms: Gms,
  urn: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<FieldLabels[]> {
  const pathOf = new Map<string, string>();
  for (const path of paths.flatMap((each) => [each, toV1(each)])) {
    pathOf.set(`${SCHEMA_FIELD_PREFIX}(${urn},${encodePart(path)})`, path);
  }
  const urns = [...pathOf.keys()];
  const found: FieldLabels[] = [];
  for (let i = 0; i < urns.length; i += FIELDS_PER_REQUEST) {
    const body = urns.slice(i, i + FIELDS_PER_REQUEST)
      .map((each) => ({ urn: each, globalTags: {}, glossaryTerms: {} }));
    const path = "/openapi/v3/entity/schemafield/batchGet";
    const reply = await gms.exchange({ method: "POST", path, body, signal });
    if (reply.status === NOT_FOUND) return found; // a server without entities for columns
    requireSuccess(reply);
    for (const entity of parsed(z.array(schemaFieldSchema), reply.json)) {
      const fieldPath = pathOf.get(entity.urn);
      if (fieldPath === undefined) continue;
      found.push({
        fieldPath,
        globalTags: entity.globalTags?.value,
        glossaryTerms: entity.glossaryTerms?.value,
      });
    }
  }
  return found;
}

function unknownDataset(urn: string): DatahubDataset {
  return {
    urn,
    exists: false,
    isDeprecated: false,
    columns: undefined,
    fieldLabels: [],
    ownLabels: {},
    siblings: [],
  };
}
