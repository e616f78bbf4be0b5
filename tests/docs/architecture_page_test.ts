/** docs/architecture.md names files and rooms that exist, and every room. */
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/architecture.md", root));

/** What stands in backquotes and begins with one of our folders. */
function pathsIn(text: string): string[] {
  return Array.from(text.matchAll(/`((?:src|tests|scripts|docs)\/[^`]*)`/g), ([, path]) => path!);
}

/** The rows of a section's table, without its head. */
function rowsOf(title: string): string[] {
  const [, section] = page.split(`\n## ${title}\n`);
  assert.ok(section, `there is no section "${title}"`);
  const rows = section.split("\n## ")[0]!.match(/^\|.*$/gm) ?? [];
  return rows.slice(2);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(path, root)).then(() => true, () => false);
}

/** The folders of src with files in them, and the files beside them. */
async function roomsIn(folder: string): Promise<string[]> {
  const rooms: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) rooms.push(`${folder}${name}`, ...await roomsIn(`${folder}${name}/`));
    else if (folder === "src/") rooms.push(`src/${name}`);
  }
  return rooms;
}

Deno.test("every path in docs/architecture.md exists", async () => {
  const paths = pathsIn(page).filter((path) => !path.includes("*"));
  assert.ok(paths.length > 30);
  for (const path of paths) assert.ok(await exists(path), path);
});

Deno.test("every room of src has a line in docs/architecture.md", async () => {
  const named = rowsOf("Rooms").flatMap(pathsIn).map((path) =>
    new RegExp(`^${path.replaceAll(".", "\\.").replaceAll("*", "[a-z]+")}$`)
  );
  const rooms = await roomsIn("src/");
  assert.ok(rooms.length > 30);
  assert.deepEqual(rooms.filter((room) => !named.some((pattern) => pattern.test(room))), []);
  const needless = named.filter((pattern) => !rooms.some((room) => pattern.test(room)));
  assert.deepEqual(needless, []);
});

Deno.test("each step of the reading order is a file, and one question", () => {
  const rows = rowsOf("Reading order");
  assert.equal(rows.length, 15);
  for (const row of rows) {
    assert.match(row, /^\| `src\/[a-z_/]+\.ts` +\| [A-Z][^?|]*\? +\|$/);
  }
});
