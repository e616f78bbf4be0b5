/** Reads CHANGELOG.md, which is in the form of Keep a Changelog 1.1.0 (https://keepachangelog.com). */

/** One version's part of the changelog. */
export interface ChangelogSection {
  /** Such as `1.2.3`, or `Unreleased`. */
  readonly version: string;
  /** Such as `2026-11-30`; undefined for what is not released. */
  readonly date: string | undefined;
  /** What stands below the heading, without blank lines at both ends. */
  readonly text: string;
}

/** The sections in the file's order. */
export function readChangelog(text: string): ChangelogSection[] {
  const [, ...parts] = text.split(/^## (?=\[)/m);
  return parts.map((part) => {
    const [heading, ...lines] = part.split("\n");
    const [, version, date] = /^\[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$/.exec(heading!) ?? [];
    if (version === undefined) throw new Error(`Cannot read the changelog: "## ${heading}"`);
    return { version, date, text: lines.join("\n").trim() };
  });
}

/**
 * What a release says of itself. Throws unless the tag is that of the manifest's version, and the
 * changelog has a dated section for it.
 */
export function releaseNotes(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) {
    throw new Error(`Cannot release "${tag}": the version in deno.json is "${version}"`);
  }
  const section = readChangelog(changelog).find((each) => each.version === version);
  if (section?.date === undefined) {
    throw new Error(`Cannot release "${tag}": CHANGELOG.md has no section "[${version}] - <date>"`);
  }
  return section.text;
}
