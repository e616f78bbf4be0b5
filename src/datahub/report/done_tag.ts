/** The tag that marks a column as done. */
import { addTag, removeTag } from "./column_tags.ts";
import type { ReportTarget } from "./report_target.ts";
import { namedFields, type Subject } from "./subject.ts";

const DESCRIPTION = "All values of the column were replaced by tokens.";

/** Puts the tag on those columns that do not have it. Throws `GmsError`. */
export async function addDoneTag(
  target: ReportTarget,
  subject: Subject,
  tag: string,
): Promise<void> {
  const { datasetUrn } = subject;
  const paths = pathsOf(subject, tag, false);
  await addTag(target, { datasetUrn, paths, tag, description: DESCRIPTION });
}

/** Takes the tag off those columns that have it: they hold plain values again. Throws `GmsError`. */
export async function removeDoneTag(
  target: ReportTarget,
  subject: Subject,
  tag: string,
): Promise<void> {
  const { datasetUrn } = subject;
  await removeTag(target, { datasetUrn, paths: pathsOf(subject, tag, true), tag });
}

/** The paths of those columns that have the tag, or do not have it. */
function pathsOf(subject: Subject, tag: string, isThere: boolean): string[] {
  return namedFields(subject).filter(({ tags }) => tags.has(tag) === isThere)
    .map(({ path }) => path);
}
