/**
 * Finds out which privileges are missing, before a run depends on them. DataHub tells a caller its own
 * privileges; that on `platformResource`, where the offset is kept, it cannot be asked for.
 *
 * Source of the shapes: `entity.graphql` and `GetGrantedPrivilegesResolver.java` of DataHub.
 */
import { z } from "zod";
import type { Gms } from "../gms/gms.ts";
import { parsed } from "../gms/parsed.ts";
import { readDataset } from "../gms/read_dataset.ts";
import type { DatahubSettings } from "../settings.ts";
import { PROPERTY_URNS } from "./column_property.ts";
import { entityExists } from "./ensure_entity.ts";
import {
  type NeededPrivilege,
  neededPrivileges,
  type PrivilegeFacts,
  type PrivilegeResource,
} from "./needed_privileges.ts";

const ME = `query me { me { corpUser { urn } } }`;
const GRANTED = `query granted($input: GetGrantedPrivilegesInput!) {
  getGrantedPrivileges(input: $input) { privileges }
}`;

const meSchema = z.object({ me: z.object({ corpUser: z.object({ urn: z.string() }) }) });
const grantedSchema = z.object({
  getGrantedPrivileges: z.object({ privileges: z.array(z.string()) }),
});

/**
 * Those that are missing, each as `PRIVILEGE on what, for what`. `datasetUrn` is any tagged dataset: the
 * others are taken to be alike. Throws `GmsError` if DataHub does not tell.
 */
export async function missingPrivileges(
  gms: Gms,
  settings: DatahubSettings,
  datasetUrn: string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const { me: { corpUser: { urn: actorUrn } } } = parsed(
    meSchema,
    await gms.graphql(ME, {}, signal),
  );
  const facts = await readFacts(gms, settings, datasetUrn, signal);
  const needed = neededPrivileges(settings, facts);
  const granted = new Map<string | undefined, ReadonlySet<string>>();
  for (const { resource } of needed) {
    if (granted.has(resource?.urn)) continue;
    granted.set(resource?.urn, await grantedOn(gms, actorUrn, resource, signal));
  }
  const isMissing = ({ anyOf, resource }: NeededPrivilege) =>
    !anyOf.some((privilege) => granted.get(resource?.urn)!.has(privilege));
  return needed.filter(isMissing).map(({ anyOf: [narrowest], purpose }) =>
    `${narrowest} ${purpose}`
  );
}

async function readFacts(
  gms: Gms,
  { report, doneTag }: DatahubSettings,
  datasetUrn: string | undefined,
  signal?: AbortSignal,
): Promise<PrivilegeFacts> {
  const exist = (urns: readonly string[]) => Promise.all(urns.map((urn) => entityExists(gms, urn)));
  const hasTag = !report.includes("tag") || await entityExists(gms, doneTag);
  const hasProperties = !report.includes("property") ||
    (await exist(PROPERTY_URNS)).every((each) => each);
  const sample = datasetUrn === undefined ? undefined : {
    datasetUrn,
    column: (await readDataset(gms, datasetUrn, signal)).columns?.[0],
  };
  return { sample, createsTag: !hasTag, createsProperties: !hasProperties };
}

async function grantedOn(
  gms: Gms,
  actorUrn: string,
  resource: PrivilegeResource | undefined,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const resourceSpec = resource && { resourceType: resource.type, resourceUrn: resource.urn };
  const input = { actorUrn, ...(resourceSpec && { resourceSpec }) };
  const response = await gms.graphql(GRANTED, { input }, signal);
  return new Set(parsed(grantedSchema, response).getGrantedPrivileges.privileges);
}
