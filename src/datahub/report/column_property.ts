/**
 * Structured properties of a column that is done: since when, and with which key.
 *
 * Source of the shapes: `properties.graphql` of DataHub. The mutation merges: it leaves other properties of
 * the column as they are.
 */
import { encodePart } from "../dataset_urn.ts";
import type { Gms } from "../gms/gms.ts";
import type { ReportTarget } from "./report_target.ts";
import { ensureEntity } from "./ensure_entity.ts";
import type { TokenSource } from "./operation.ts";
import type { ReportedRun } from "./reporter.ts";
import { namedFields, type Subject } from "./subject.ts";

const PREFIX = "urn:li:structuredProperty:";

interface PropertyDefinition {
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
}

/** When the column's values were replaced last. */
const TOKENIZED_AT: PropertyDefinition = {
  id: "io.tokenize.tokenized_at",
  displayName: "Tokenized at",
  description: "When the run began that replaced values of the column last (RFC 3339, UTC).",
};
/** What made the tokens. */
const TOKEN_KEY: PropertyDefinition = {
  id: "io.tokenize.token_key",
  displayName: "Token key",
  description: "The token SDK that made the tokens of that run, and the id of its key.",
};

/** The URNs of the properties. */
export const PROPERTY_URNS: readonly string[] = [TOKENIZED_AT, TOKEN_KEY]
  .map(({ id }) => PREFIX + id);

const CREATE = `mutation createProperty($input: CreateStructuredPropertyInput!) {
  createStructuredProperty(input: $input) { urn }
}`;
const UPSERT = `mutation upsertProperties($input: UpsertStructuredPropertiesInput!) {
  upsertStructuredProperties(input: $input) { properties { structuredProperty { urn } } }
}`;

/** Sets both properties of each column. Throws `GmsError`. */
export async function setColumnProperties(
  { gms }: ReportTarget,
  subject: Subject,
  { startedAtMs }: ReportedRun,
  { sdk, keyId }: TokenSource,
): Promise<void> {
  const fields = namedFields(subject);
  if (fields.length === 0) return;
  for (const definition of [TOKENIZED_AT, TOKEN_KEY]) await ensureDefinition(gms, definition);
  const structuredPropertyInputParams = [
    valueOf(TOKENIZED_AT, new Date(startedAtMs).toISOString()),
    valueOf(TOKEN_KEY, keyId === undefined ? sdk : `${sdk} ${keyId}`),
  ];
  for (const { path } of fields) {
    const assetUrn = `urn:li:schemaField:(${subject.datasetUrn},${encodePart(path)})`;
    await gms.graphql(UPSERT, { input: { assetUrn, structuredPropertyInputParams } });
  }
}

async function ensureDefinition(gms: Gms, definition: PropertyDefinition): Promise<void> {
  const input = {
    ...definition,
    qualifiedName: definition.id,
    valueType: "urn:li:dataType:datahub.string",
    cardinality: "SINGLE",
    entityTypes: ["urn:li:entityType:datahub.schemaField"],
  };
  await ensureEntity(gms, PREFIX + definition.id, () => gms.graphql(CREATE, { input }));
}

function valueOf({ id }: PropertyDefinition, stringValue: string) {
  return { structuredPropertyUrn: PREFIX + id, values: [{ stringValue }] };
}
