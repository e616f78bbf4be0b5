import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { readChangelog, releaseNotes } from "../../scripts/changelog.ts";

const changelog = await Deno.readTextFile(new URL("../../CHANGELOG.md", import.meta.url));
const EXAMPLE = `# Changelog

## [Unreleased]

### Added

- A second thing.

## [1.2.3] - 2026-01-31

### Fixed

- A thing.
`;

Deno.test("the changelog starts with unreleased changes, and then has versions from new to old", () => {
  const [first, ...released] = readChangelog(changelog);
  assert.equal(first?.version, "Unreleased");
  for (const { version, date } of released) {
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.match(date ?? "", /^\d{4}-\d\d-\d\d$/);
  }
  const dates = released.map(({ date }) => date!);
  assert.deepEqual(dates, dates.toSorted().reverse());
});

Deno.test("the changelog has the version in deno.json, or unreleased changes for it", () => {
  const sections = readChangelog(changelog);
  const isReleased = sections.some(({ version }) => version === manifest.version);
  assert.ok(isReleased || sections[0]!.text !== "");
});

Deno.test("the changelog uses the six kinds of change of Keep a Changelog", () => {
  const kinds = [...changelog.matchAll(/^### (.*)$/gm)].map(([, kind]) => kind!);
  assert.ok(kinds.length > 0);
  const known = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  assert.deepEqual(kinds.filter((kind) => !known.includes(kind)), []);
});

Deno.test("the release notes are the section of the tag's version", () => {
  assert.equal(releaseNotes("v1.2.3", "1.2.3", EXAMPLE), "### Fixed\n\n- A thing.");
});

Deno.test("a tag is released only if it is the manifest's version and has a dated section", () => {
  assert.throws(() => releaseNotes("v1.2.4", "1.2.3", EXAMPLE), {
    message: 'Cannot release "v1.2.4": the version in deno.json is "1.2.3"',
  });
  assert.throws(() => releaseNotes("v1.2.4", "1.2.4", EXAMPLE), {
    message: 'Cannot release "v1.2.4": CHANGELOG.md has no section "[1.2.4] - <date>"',
  });
});
