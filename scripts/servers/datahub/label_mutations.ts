/** The mutations of the stand-in that tag columns. */
import { failure } from "./failure.ts";
import type { Metadata } from "./metadata.ts";

interface Resource {
  readonly resourceUrn: string;
  readonly subResource: string;
}

interface One extends Resource {
  readonly tagUrn: string;
}

interface Batch {
  readonly tagUrns: readonly string[];
  readonly resources: readonly Resource[];
}

/** As root values of the schema. */
export function labelMutations(metadata: Metadata) {
  const each = (input: Batch, change: (tag: string, resource: Resource) => void) => {
    metadata.require("EDIT_DATASET_COL_TAGS");
    for (const resource of input.resources) requireColumn(metadata, resource);
    for (const tag of input.tagUrns) {
      for (const resource of input.resources) change(tag, resource);
    }
    return true;
  };
  const add = (tag: string, { resourceUrn: dataset, subResource: column }: Resource) => {
    if (!metadata.entities.has(tag)) throw failure(400);
    const change = { dataset, column, label: tag };
    if (!metadata.hasLabel(change)) metadata.label(change);
  };
  const remove = (tag: string, { resourceUrn: dataset, subResource: column }: Resource) =>
    metadata.unlabel({ dataset, column, label: tag });
  const asBatch = ({ tagUrn, ...resource }: One): Batch => ({
    tagUrns: [tagUrn],
    resources: [resource],
  });
  return {
    createTag({ input: { id, name } }: { input: { id?: string; name: string } }) {
      metadata.require("CREATE_TAGS");
      const urn = `urn:li:tag:${id ?? crypto.randomUUID()}`;
      if (metadata.entities.has(urn)) throw failure(400);
      metadata.entityOf(urn).tagProperties = { name };
      return urn;
    },
    addTag: ({ input }: { input: One }) => each(asBatch(input), add),
    removeTag: ({ input }: { input: One }) => each(asBatch(input), remove),
    batchAddTags: ({ input }: { input: Batch }) => each(input, add),
    batchRemoveTags: ({ input }: { input: Batch }) => each(input, remove),
  };
}

/** A column is known by its exact path. */
function requireColumn({ entities }: Metadata, { resourceUrn, subResource }: Resource): void {
  const fields = (entities.get(resourceUrn)?.schemaMetadata?.fields ?? []) as {
    readonly fieldPath: string;
  }[];
  if (!fields.some(({ fieldPath }) => fieldPath === subResource)) throw failure(400);
}
