/**
 * Builds the program as one binary: dist/tokenize, and beside it what is in it (contents.json) and
 * the licences of that (licenses.txt). The same commit gives the same bytes.
 *
 * The commit's name comes from git, or from TOKENIZE_COMMIT where there is no repository, as in an
 * image's build. With TOKENIZE_DIST the results go to another folder than dist. TOKENIZE_TARGET is
 * another machine than this one to build for, as Deno calls it: `x86_64-unknown-linux-gnu`,
 * `aarch64-unknown-linux-gnu`.
 */
import { fileURLToPath } from "node:url";
import { ENVIRONMENT_NAMES } from "../src/environment_names.ts";
import { bundle } from "./bundle.ts";
import { denortEnvironment } from "./denort.ts";
import { onlyEmbedded } from "./import_map.ts";
import { findPackages, licenseTexts } from "./packages.ts";

/** What contents.json contains. */
export interface BinaryContents {
  readonly commit: string;
  /** Size in bytes by name. */
  readonly files: Readonly<Record<string, number>>;
  /** Each as `hono@4.1.0`. */
  readonly packages: readonly string[];
}

/** All that the binary may do when it starts. Writing is given up before any other code is loaded. */
const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  `--allow-env=${ENVIRONMENT_NAMES.join(",")}`,
  "--deny-import", // some hosts are allowed otherwise
];

/** The same for each build, as nobody asks. */
const BUILD_TIME = new Date("1980-01-01T00:00:00Z");

const projectDir = fileURLToPath(new URL("..", import.meta.url));
const distDir = Deno.env.get("TOKENIZE_DIST") || `${projectDir}dist`;
const target = Deno.env.get("TOKENIZE_TARGET") || Deno.build.target;

Deno.chdir(projectDir);
const workDir = await Deno.realPath(await Deno.makeTempDir({ prefix: "tokenize-build-" }));
try {
  await gatherSources();
  const commit = await commitName();
  const bundleDir = `${workDir}/bundle`;
  const packages = findPackages(await bundle({ commit, sourceDir: workDir, outDir: bundleDir }));
  await Deno.mkdir(distDir, { recursive: true });
  const files = await sizes(bundleDir);
  await Deno.writeTextFile(`${bundleDir}/import_map.json`, onlyEmbedded(Object.keys(files)));
  await compile(bundleDir, `${distDir}/tokenize`);
  const contents: BinaryContents = { commit, files, packages: [...packages.keys()] };
  await Deno.writeTextFile(`${distDir}/contents.json`, JSON.stringify(contents, null, 2) + "\n");
  await Deno.writeTextFile(`${distDir}/licenses.txt`, await licenseTexts(packages, workDir));
  const { size } = await Deno.stat(`${distDir}/tokenize`);
  console.log(`${distDir}/tokenize: ${Math.round(size / 1e6)} MB, commit ${commit}`);
} finally {
  await Deno.remove(workDir, { recursive: true });
}

/** The sources, and the locked packages in a node_modules folder, which bundlers understand. */
async function gatherSources(): Promise<void> {
  await run("cp", ["-R", "deno.json", "deno.lock", "src", workDir], projectDir);
  const options = ["--quiet", "--frozen", "--node-modules-dir=auto"];
  await run(Deno.execPath(), ["install", ...options], workDir);
}

async function compile(bundleDir: string, binary: string): Promise<void> {
  // The binary keeps the times of its files.
  for await (const { name } of Deno.readDir(bundleDir)) {
    await Deno.utime(`${bundleDir}/${name}`, BUILD_TIME, BUILD_TIME);
  }
  const isolation = ["--no-config", "--no-remote", "--no-npm", "--no-check", "--no-prompt"];
  const options = [
    "--quiet",
    "--unstable-worker-options",
    ...isolation,
    ...PERMISSIONS,
    // A cache of compiled code would be written to, and trusted in, the folder for temporary files.
    "--no-code-cache",
    // Young objects are short-lived strings: more room for them costs 40 MB and gains nothing.
    "--v8-flags=--max-semi-space-size=8",
    "--import-map=import_map.json",
    "--include=worker_entry.js",
    `--output=${binary}`,
    `--target=${target}`,
    "main_entry.js",
  ];
  await run(Deno.execPath(), ["compile", ...options], bundleDir, await denortEnvironment(target));
}

async function sizes(dir: string): Promise<Record<string, number>> {
  const names = (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();
  const sizes: Record<string, number> = {};
  for (const name of names) sizes[name] = (await Deno.stat(`${dir}/${name}`)).size;
  return sizes;
}

/** `0a1b2c3d4e5f`, with `-dirty` where what the binary is made of was changed since. */
async function commitName(): Promise<string> {
  const given = Deno.env.get("TOKENIZE_COMMIT");
  if (given) return given;
  const commit = await git(["rev-parse", "--short=12", "HEAD"]);
  if (commit === undefined) return "unknown";
  const scripts = ["build", "bundle", "import_map", "pages"].map((name) => `scripts/${name}.ts`);
  const made = ["src", "deno.json", "deno.lock"].concat(scripts);
  const changes = await git(["status", "--porcelain", "--", ...made]);
  return changes === "" ? commit : `${commit}-dirty`;
}

async function git(args: string[]): Promise<string | undefined> {
  const command = new Deno.Command("git", { args, stdin: "null", stderr: "null" });
  const { success, stdout } = await command.output().catch(() => ({
    success: false,
    stdout: null,
  }));
  return success && stdout !== null ? new TextDecoder().decode(stdout).trim() : undefined;
}

async function run(
  program: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<void> {
  const command = new Deno.Command(program, { args, cwd, env, stdin: "null" });
  const { success } = await command.spawn().status;
  if (!success) throw new Error(`Cannot build: ${program} ${args[0]} failed`);
}
