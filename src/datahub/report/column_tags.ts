/**
 * Tags on columns.
 *
 * Source of the shapes: `entity.graphql` of DataHub. Its `LabelUtils.java` demands that the tag exists, and
 * finds a column by the exact path in the schema.
 */
import type { ReportTarget } from "./report_target.ts";
import { ensureEntity } from "./ensure_entity.ts";

const CREATE_TAG = `mutation createTag($input: CreateTagInput!) { createTag(input: $input) }`;
const BATCHES = {
  add: `mutation addTags($input: BatchAddTagsInput!) { batchAddTags(input: $input) }`,
  remove: `mutation removeTags($input: BatchRemoveTagsInput!) { batchRemoveTags(input: $input) }`,
} as const;
const ONE_BY_ONE = {
  add: `mutation addTag($input: TagAssociationInput!) { addTag(input: $input) }`,
  remove: `mutation removeTag($input: TagAssociationInput!) { removeTag(input: $input) }`,
} as const;

const TAG_PREFIX = "urn:li:tag:";

/** A tag, and the columns that it is about. */
export interface ColumnTag {
  readonly datasetUrn: string;
  /** The columns' exact paths in DataHub's schema. */
  readonly paths: readonly string[];
  /** URN. */
  readonly tag: string;
}

/** Puts a tag on columns, and creates it, with that description, if it is new. Throws `GmsError`. */
export async function addTag(
  target: ReportTarget,
  columnTag: ColumnTag & { readonly description: string },
): Promise<void> {
  const { paths, tag, description } = columnTag;
  if (paths.length === 0) return;
  await ensureEntity(target.gms, tag, () => {
    const name = tag.slice(TAG_PREFIX.length);
    return target.gms.graphql(CREATE_TAG, { input: { id: name, name, description } });
  });
  await change("add", target, columnTag);
}

/** Takes a tag off columns. Throws `GmsError`. */
export async function removeTag(target: ReportTarget, columnTag: ColumnTag): Promise<void> {
  if (columnTag.paths.length > 0) await change("remove", target, columnTag);
}

async function change(
  which: "add" | "remove",
  { gms, offer }: ReportTarget,
  { datasetUrn: resourceUrn, paths, tag: tagUrn }: ColumnTag,
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
