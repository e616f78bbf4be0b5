/**
 * The privileges that following DataHub and reporting to it take.
 *
 * Source of the names: DataHub's `PoliciesConfig.java`, and the resolvers of its mutations. Who may edit an
 * entity as a whole (`EDIT_ENTITY`) may edit each part of it. `deploy/datahub/policy.json` grants exactly
 * these.
 */
import { encodePart } from "../dataset_urn.ts";
import type { DatahubSettings, ReportKind } from "../settings.ts";

/** What a privilege is on; undefined: the platform as a whole. */
export interface PrivilegeResource {
  readonly type: "DATASET" | "SCHEMA_FIELD" | "TAG" | "GLOSSARY_TERM";
  readonly urn: string;
}

/** A privilege that is needed. */
export interface NeededPrivilege {
  /** Any of these will do; the first one is the narrowest. */
  readonly anyOf: readonly string[];
  readonly resource: PrivilegeResource | undefined;
  /** A part of a sentence: what it is on, and what for. */
  readonly purpose: string;
}

/** What the need for privileges depends on, beyond the settings. */
export interface PrivilegeFacts {
  /** A tagged dataset and one of its columns, for which the others stand; undefined if there is none. */
  readonly sample: { readonly datasetUrn: string; readonly column: string | undefined } | undefined;
  /** Whether the tag for columns that are done has to be created. */
  readonly createsTag: boolean;
  /** Whether the definitions of the structured properties have to be created. */
  readonly createsProperties: boolean;
}

/** Who may read an entity over OpenAPI. */
const VIEW = ["VIEW_ENTITY_PAGE", "GET_ENTITY_PRIVILEGE", "EDIT_ENTITY", "DELETE_ENTITY"];

const OF_REPORTS: Readonly<Partial<Record<ReportKind, string>>> = {
  operation: "EDIT_ENTITY_OPERATIONS",
  tag: "EDIT_DATASET_COL_TAGS",
  incident: "EDIT_ENTITY_INCIDENTS",
  assertion: "EDIT_ENTITY_ASSERTIONS",
};

/** All of them, for those settings. */
export function neededPrivileges(
  { tags, terms, approvalTag, report, purgeProfiles }: DatahubSettings,
  { sample, createsTag, createsProperties }: PrivilegeFacts,
): NeededPrivilege[] {
  const needed: NeededPrivilege[] = [];
  const need = (anyOf: string[], resource: PrivilegeResource | undefined, purpose: string) =>
    needed.push({ anyOf, resource, purpose });
  need(["GET_PLATFORM_EVENTS"], undefined, "on the platform, for events");
  if (createsTag) need(["CREATE_TAGS", "MANAGE_TAGS"], undefined, "on the platform, for the tag");
  if (createsProperties) {
    need(["MANAGE_STRUCTURED_PROPERTIES"], undefined, "on the platform, for the properties");
  }
  for (const urn of [...tags, ...(approvalTag === undefined ? [] : [approvalTag])]) {
    need(VIEW, { type: "TAG", urn }, `on ${urn}, which looks absent otherwise`);
  }
  for (const urn of terms) {
    need(VIEW, { type: "GLOSSARY_TERM", urn }, `on ${urn}, which looks absent otherwise`);
  }
  if (sample === undefined) return needed;
  const { datasetUrn, column } = sample;
  const dataset: PrivilegeResource = { type: "DATASET", urn: datasetUrn };
  need(VIEW, dataset, "on datasets, to read their tags");
  for (const kind of report) {
    const privilege = OF_REPORTS[kind];
    if (privilege !== undefined) {
      need([privilege, "EDIT_ENTITY"], dataset, `on datasets, for reports of the kind "${kind}"`);
    }
  }
  if (purgeProfiles) need(["DELETE_ENTITY"], dataset, "on datasets, to delete their profiles");
  if (report.includes("property") && column !== undefined) {
    const urn = `urn:li:schemaField:(${datasetUrn},${encodePart(column)})`;
    const purpose = 'on columns (schemaField), for reports of the kind "property"';
    need(["EDIT_ENTITY_PROPERTIES", "EDIT_ENTITY"], { type: "SCHEMA_FIELD", urn }, purpose);
  }
  return needed;
}
