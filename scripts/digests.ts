/**
 * SHA-256 digests of what was downloaded once and is executed again and again: checked before each use,
 * since others may write to a folder of caches, and disks and copies fail.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";

/** A file's digest, in hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  // twice as fast as crypto.subtle
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}

/**
 * The digest of all files under these folders of `dir`: of a line for each, with its digest and path as
 * `sha256sum` prints them. A link counts as where it leads.
 */
export async function folderDigest(dir: string, ...folders: string[]): Promise<string> {
  const lines: string[] = [];
  for (const folder of folders) lines.push(...await linesOf(dir, folder));
  return createHash("sha256").update(lines.sort().join("")).digest("hex");
}

/**
 * Whether a digest is the one in the file `record`, which is written if it is not there. For what has no
 * digest that could be known before: this is then trusted at its first use, and the same ever after.
 */
export async function isAsRecorded(record: string, digest: string): Promise<boolean> {
  try {
    return (await Deno.readTextFile(record)).trim() === digest;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.writeTextFile(record, `${digest}\n`);
  return true;
}

async function linesOf(dir: string, folder: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(join(dir, folder))) {
    const path = join(folder, name);
    if (isDirectory) lines.push(...await linesOf(dir, path));
    else if (isSymlink) lines.push(`${await Deno.readLink(join(dir, path))} <- ${path}\n`);
    else lines.push(`${await fileDigest(join(dir, path))}  ${path}\n`);
  }
  return lines;
}
