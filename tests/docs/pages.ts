/** The Markdown pages of the repository, read once. */
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = new URL("../../", import.meta.url);

/** A Markdown page. */
export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

const FOLDERS_WITHOUT = new Set([".git", ".tools", "dist", "node_modules"]);

/** Every file of the repository whose name ends with one of `endings`, from the root, sorted. */
export async function filesOf(...endings: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      const path = `${folder}${name}`;
      if (isDirectory && !FOLDERS_WITHOUT.has(name)) await visit(`${path}/`);
      else if (!isDirectory && endings.some((ending) => name.endsWith(ending))) found.push(path);
    }
  };
  await visit("");
  return found.sort();
}

/** The text of one file. */
export async function textOf(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** Whether there is such a file or folder. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(path, ROOT)).then(() => true, () => false);
}

/** A path as seen from the root, of one that stands in the page at `from`. */
export function resolvePath(from: string, target: string): string {
  const url = new URL(target, new URL(from, ROOT));
  return fileURLToPath(url).slice(fileURLToPath(ROOT).length);
}

/** All pages. */
export const PAGES: readonly Page[] = await Promise.all(
  (await filesOf(".md")).map(async (path) => ({ path, text: await textOf(path) })),
);

/** The page at `path`. Throws if there is none. */
export function page(path: string): Page {
  const found = PAGES.find((each) => each.path === path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
}
