/** A small file system that can be filled up: a tmpfs, mounted while it is needed. */
import { findUnprivilegedUser } from "../../scripts/servers/postgres/unprivileged_user.ts";

/** How to start a program that may mount file systems, which are gone when it ends. */
const NAMESPACE: readonly [string, ...string[]] = Deno.uid() === 0
  ? ["unshare", "--mount"]
  : ["unshare", "--user", "--mount", "--map-current-user", "--keep-caps"];

const CHUNK = new Uint8Array(1 << 20).fill(1);

/** The words before a program that may make small disks; undefined where this machine has no way. */
export async function smallDiskNamespace(): Promise<readonly string[] | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const dir = await Deno.makeTempDir();
  try {
    return await succeeds(...NAMESPACE, "mount", "-t", "tmpfs", "none", dir)
      ? NAMESPACE
      : undefined;
  } finally {
    await Deno.remove(dir);
  }
}

/** A small disk. */
export class SmallDisk implements AsyncDisposable {
  /** A folder on it, which belongs to whom Postgres runs as. */
  readonly folder: string;
  readonly #mountPoint: string;
  readonly #ballast: string;

  private constructor(mountPoint: string) {
    this.#mountPoint = mountPoint;
    this.folder = `${mountPoint}/folder`;
    this.#ballast = `${mountPoint}/ballast`;
  }

  static async mount(sizeMib: number): Promise<SmallDisk> {
    const mountPoint = await Deno.makeTempDir({ dir: "/tmp", prefix: "tokenize-disk-" });
    if (!await succeeds("mount", "-t", "tmpfs", "-o", `size=${sizeMib}m`, "none", mountPoint)) {
      await Deno.remove(mountPoint);
      throw new Error(`Cannot mount a file system at ${mountPoint}`);
    }
    const disk = new SmallDisk(mountPoint);
    const { uid, gid } = await findUnprivilegedUser();
    await Deno.chmod(mountPoint, 0o755);
    await Deno.mkdir(disk.folder, { mode: 0o700 });
    if (uid !== undefined) await Deno.chown(disk.folder, uid, gid ?? null);
    return disk;
  }

  /** Fills it up but for so much. */
  async fill(leftBytes: number): Promise<void> {
    using file = await Deno.open(this.#ballast, { write: true, create: true, truncate: true });
    let size = 0;
    try {
      while (true) size += await file.write(CHUNK);
    } catch (error) {
      if (!(error instanceof Error && /\bos error 28\b/.test(error.message))) throw error; // ENOSPC
    }
    await file.truncate(Math.max(0, size - Math.round(leftBytes)));
  }

  /** Gives the space back. */
  async free(): Promise<void> {
    await Deno.remove(this.#ballast);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await succeeds("umount", "--lazy", this.#mountPoint);
    await Deno.remove(this.#mountPoint, { recursive: true });
  }
}

async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  try {
    const streams = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(program, { args, ...streams }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
