/**
 * The tag that marks a column as done.
 *
 * Source of the shapes: `entity.graphql` of DataHub. Its `LabelUtils.java` demands that the tag exists, and
 * finds a column by the exact path in the schema.
 */
import type { ReportTarget } from "./effect.ts";
import { ensureEntity } from "./ensure_entity.ts";
import { namedFields, type Subject } from "./subject.ts";

const CREATE_TAG = `mutation createTag($input: CreateTagInput!) { createTag(input: $input) }`;
const BATCHES = {
  add: `mutation addTags($input: BatchAddTagsInput!) { batchAddTags(input: $input) }`,
  remove: `mutation removeTags($input: BatchRemoveTagsInput!) { batchRemoveTags(input: $input) }`,
} as const;
const ONE_BY_ONE = {
  add: `mutation addTag($input: TagAssociationInput!) { addTag(input: $input) }`,
  remove: `mutation removeTag($input: TagAssociationInput!) { removeTag(input: $input) }`,
} as const;

const DESCRIPTION = "All values of the column were replaced by tokens.";
const TAG_PREFIX = "urn:li:tag:";

/** Puts the tag on those columns that do not have it. Throws `GmsError`. */
export async function addDoneTag(
  target: ReportTarget,
  subject: Subject,
  tag: string,
): Promise<void> {
  const paths = pathsOf(subject, tag, false);
  if (paths.length === 0) return;
  await ensureEntity(target.gms, tag, () => {
    const name = tag.slice(TAG_PREFIX.length);
    return target.gms.graphql(CREATE_TAG, { input: { id: name, name, description: DESCRIPTION } });
  });
  await change("add", target, subject.datasetUrn, paths, tag);
}

/** Takes the tag off those columns that have it: they hold plain values again. Throws `GmsError`. */
export async function removeDoneTag(
  target: ReportTarget,
  subject: Subject,
  tag: string,
): Promise<void> {
  const paths = pathsOf(subject, tag, true);
  if (paths.length > 0) await change("remove", target, subject.datasetUrn, paths, tag);
}

/** The paths of those columns that have the tag, or do not have it. */
function pathsOf(subject: Subject, tag: string, isThere: boolean): string[] {
  return namedFields(subject).filter(({ tags }) => tags.has(tag) === isThere)
    .map(({ path }) => path);
}

async function change(
  which: "add" | "remove",
  { gms, offer }: ReportTarget,
  resourceUrn: string,
  paths: readonly string[],
  tagUrn: string,
): Promise<void> {
  const resources = paths.map((subResource) => ({
    resourceUrn,
    subResourceType: "DATASET_FIELD",
    subResource,
  }));
  if (offer.has("mutations", which === "add" ? "batchAddTags" : "batchRemoveTags")) {
    await gms.graphql(BATCHES[which], { input: { tagUrns: [tagUrn], resources } });
    return;
  }
  for (const resource of resources) {
    await gms.graphql(ONE_BY_ONE[which], { input: { tagUrn, ...resource } });
  }
}
