/** Python packages for tests and measurements, in an environment of their own under .tools, of exactly the pinned versions. */
import { fileURLToPath } from "node:url";
import { folderDigest } from "./digests.ts";

const tools = fileURLToPath(new URL("../.tools/", import.meta.url));

/** Which packages to install. */
export interface PythonPackages {
  /** Of the environment's folder, and for messages. */
  readonly name: string;
  /** The file with the pinned versions. */
  readonly requirements: string;
  /** Whether that file has each package's hash, which pip then checks. */
  readonly hashes: boolean;
}

/** The environment's folder, or what is missing on this machine to make it. */
export type PythonEnvironment = { readonly folder: string } | { readonly missing: string };

/** Installs them if they are not there. Throws if pip cannot fetch them. */
export async function installPackages(packages: PythonPackages): Promise<PythonEnvironment> {
  const { name, requirements, hashes } = packages;
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(requirements));
  const folder = `${tools}${name}-${new Uint8Array(hash).toHex().slice(0, 12)}`;
  // written when it was installed to its end, after pip checked each package
  const record = `${folder}.sha256`;
  if (await isIntact(folder, record)) return { folder };
  if (!await succeeds("python3", ["-c", "import sys, venv; assert sys.version_info >= (3, 10)"])) {
    return { missing: "Python 3.10 or later with venv is not installed" };
  }
  console.log(`Fetching ${name} (once, into .tools/)`);
  await Deno.remove(record).catch(() => {});
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const made = await succeeds("python3", ["-m", "venv", folder]);
  if (!made) return { missing: "Python cannot make a virtual environment" };
  const options = ["--quiet", "--disable-pip-version-check"];
  if (hashes) options.push("--require-hashes");
  const pip = ["-m", "pip", "install", ...options, "--requirement", requirements];
  if (!await succeeds(`${folder}/bin/python`, pip, "inherit")) {
    throw new Error(`Cannot fetch ${name}: pip says why above`);
  }
  await Deno.writeTextFile(record, await environmentDigest(folder));
  return { folder };
}

/** Whether the environment is as it was installed. */
async function isIntact(folder: string, record: string): Promise<boolean> {
  if (!await exists(record)) return false;
  const digest = await environmentDigest(folder).catch(() => undefined);
  if (await Deno.readTextFile(record) === digest) return true;
  console.error(`${folder} is not as it was installed: it is installed again`);
  return false;
}

function environmentDigest(folder: string): Promise<string> {
  return folderDigest(folder, "bin", "lib");
}

async function succeeds(
  program: string,
  args: readonly string[],
  stderr: "inherit" | "null" = "null",
): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args: [...args], stdout: "null", stderr });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
