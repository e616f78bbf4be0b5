/**
 * The key file on disk: made with mode 0600, never overwritten, and changed as a whole or not at all. The
 * only code of the program that writes a file.
 */

/** Why a file was not written. Its message follows the grammar of errors. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/**
 * Makes a file that only its owner may read. It appears under its name when it is complete. Throws
 * `KeyFileError`, and leaves what is there as it is, if there is one already.
 */
export function createKeyFile(path: string, text: string): void {
  const begun = `${path}.${crypto.randomUUID()}`;
  attempt(`Cannot make the key file "${path}"`, () => {
    using file = openNew(begun, 0o600);
    try {
      writeAll(file, text);
      Deno.linkSync(begun, path); // unlike a rename, it does not replace a file
    } finally {
      Deno.removeSync(begun);
    }
  });
}

/**
 * Replaces a key file's text, and keeps its mode and owner. `change` gives the new text, and what to
 * return; it is called while no other program can change the file this way. Throws `KeyFileError`, and
 * leaves the file as it is, if another program does.
 */
export function changeKeyFile<T>(path: string, change: () => readonly [text: string, T]): T {
  const target = attempt(`Cannot change the key file "${path}"`, () => Deno.realPathSync(path));
  const { mode, uid, gid } = Deno.statSync(target);
  const next = `${target}.new`;
  const beside = `Cannot write "${next}", which replaces the key file when it is complete`;
  using file = attempt(beside, () => openNew(next, (mode ?? 0o600) & 0o777));
  try {
    const [text, result] = change();
    attempt(beside, () => {
      writeAll(file, text);
      const own = Deno.statSync(next);
      if (uid !== own.uid || gid !== own.gid) Deno.chownSync(next, uid, gid);
      Deno.renameSync(next, target);
    });
    return result;
  } catch (error) {
    Deno.removeSync(next);
    throw error;
  }
}

/** The path from the root, without symbolic links, of a file that exists. */
export function absolutePath(path: string): string {
  return Deno.realPathSync(path);
}

function openNew(path: string, mode: number): Deno.FsFile {
  return Deno.openSync(path, { write: true, createNew: true, mode });
}

/** Returns when the text is on the disk. */
function writeAll(file: Deno.FsFile, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
  file.syncSync();
}

/** Rethrows what the system refused, as a sentence. */
function attempt<T>(what: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    throw new KeyFileError(`${what}: ${reason}`);
  }
}

/** Undefined for what is not from the system. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof Deno.errors.AlreadyExists) return "it exists already, and is left as it is";
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "this user lacks the permission";
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? `the system reports ${code}` : undefined;
}
