/**
 * Finds PostgreSQL server programs: those of the system, or embedded ones, which are downloaded once.
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OLDEST_VERSION } from "../../../src/platforms/postgres/connection/server_version.ts";
import { folderDigest, isAsRecorded } from "../../digests.ts";
import { locateEmbedded, NEWEST_VERSION } from "./embedded_postgres.ts";

/** Where server programs are to come from. `any`: from the system if it has them. */
export type PostgresSource = "any" | "system" | "embedded";

/** Which server programs are wanted. */
export interface PostgresWish {
  /** `any` by default. */
  readonly source?: PostgresSource;
  /** The major version. By default, the newest of the system or, if it has none, of all. */
  readonly version?: number;
}

/** Server programs, ready to be run by any user. */
export interface PostgresBinaries {
  readonly source: "system" | "embedded" | "shared";
  /** The folder of postgres, initdb and pg_ctl. */
  readonly binDir: string;
  /** The major version: 15. */
  readonly version: number;
}

/** The folder of server programs that are found already: tests' own servers are of this version too. */
export const SHARED_BIN_DIR = "TEST_PG_BIN_DIR";

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
  { source = "any", version }: PostgresWish,
  copyDir: string,
): Promise<PostgresBinaries> {
  const shared = Deno.env.get(SHARED_BIN_DIR);
  if (shared !== undefined && source === "any" && version === undefined) {
    return { source: "shared", binDir: shared, version: await majorVersion(shared) };
  }
  const system = source === "embedded" ? undefined : await findSystemBinaries(version);
  if (system !== undefined) return system;
  if (source === "system") {
    const wanted = version ?? `${OLDEST_VERSION} or later`;
    throw new Error(`Cannot find PostgreSQL: no server of version ${wanted}`);
  }
  const nativeDir = await locateEmbedded(version ?? NEWEST_VERSION);
  const binDir = await copyEmbedded(nativeDir, copyDir);
  return { source: "embedded", binDir, version: await majorVersion(binDir) };
}

async function findSystemBinaries(wanted?: number): Promise<PostgresBinaries | undefined> {
  for (const binDir of await systemBinDirs()) {
    if (!await holdsServer(binDir)) continue;
    const version = await majorVersion(binDir);
    const fits = wanted === undefined ? version >= OLDEST_VERSION : version === wanted;
    if (fits) return { source: "system", binDir, version };
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

async function copyEmbedded(nativeDir: string, copyDir: string): Promise<string> {
  await output("cp", ["-R", nativeDir, copyDir]);
  const copied = join(copyDir, basename(nativeDir));
  await requireUnchanged(nativeDir, copied);
  await linkLibraries(nativeDir, copied);
  const binDir = join(copied, "bin");
  for (const name of await fileNames(binDir)) await Deno.chmod(join(binDir, name), 0o755);
  return binDir;
}

/** Deno checks a package only as it downloads it: since its first use here it must not have changed. */
async function requireUnchanged(nativeDir: string, copied: string): Promise<void> {
  const [platform, version] = nativeDir.split("/").slice(-3);
  const tools = fileURLToPath(new URL("../../../.tools/", import.meta.url));
  await Deno.mkdir(tools, { recursive: true });
  const record = `${tools}postgres-${version}-${platform}.sha256`;
  if (await isAsRecorded(record, await folderDigest(copied, "bin", "lib"))) return;
  throw new Error(
    `Cannot use PostgreSQL: "${nativeDir}" is not as it was at its first use; ` +
      "delete it, so that it is downloaded again",
  );
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
