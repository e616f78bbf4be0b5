/** Which tests need nothing but the sources: no server, no binary, no process of the program. */
import { dirname, join } from "node:path";

/** A test that imports one of these, or something that does, needs more than the sources. */
const NOT_QUICK = [
  "scripts/servers/postgres/postgres_server.ts",
  "tests/support/program.ts",
  "tests/support/test_database.ts",
];
/** These read what `make build` makes. */
const NOT_QUICK_FOLDERS = ["tests/binary/"];

/**
 * The quick ones among the tests below `tests`, as paths from the project's folder, which has to be
 * the current one; without those in the folders that are left out.
 */
export async function quickTests(ignored: readonly string[]): Promise<string[]> {
  const leftOut = [...ignored.map((folder) => `${folder}/`), ...NOT_QUICK_FOLDERS];
  const all = await testsIn("tests");
  const needs = new Map<string, Promise<boolean>>();
  const isQuick = async (path: string) => !await needsMore(path, needs);
  const candidates = all.filter((path) => !leftOut.some((folder) => path.startsWith(folder)));
  const quick = await Promise.all(candidates.map(isQuick));
  return candidates.filter((_, i) => quick[i]).sort();
}

async function testsIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await testsIn(path));
    else if (name.endsWith("_test.ts")) found.push(path);
  }
  return found;
}

function needsMore(path: string, known: Map<string, Promise<boolean>>): Promise<boolean> {
  if (!known.has(path)) known.set(path, findOut(path, known));
  return known.get(path)!;
}

async function findOut(path: string, known: Map<string, Promise<boolean>>): Promise<boolean> {
  if (NOT_QUICK.includes(path)) return true;
  const text = await Deno.readTextFile(path);
  const imports = [...text.matchAll(/^(?:import|export|\}).* "(\.[^"?]+\.ts)/gm)]
    .map(([, specifier]) => join(dirname(path), specifier!))
    .filter((each) => !each.startsWith("src/"));
  for (const each of imports) if (await needsMore(each, known)) return true;
  return false;
}
