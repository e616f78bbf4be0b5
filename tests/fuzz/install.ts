/** Schemathesis, in a Python environment of its own under .tools, of exactly the pinned packages. */
import { fileURLToPath } from "node:url";
import { folderDigest } from "../../scripts/digests.ts";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
const tools = fileURLToPath(new URL("../../.tools/", import.meta.url));

/** Its path, or what is missing on this machine to install it. */
export type Installation = { readonly program: string } | { readonly missing: string };

/** Installs it if it is not there. Throws where the packages cannot be had. */
export async function installSchemathesis(): Promise<Installation> {
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(requirements));
  const environment = `${tools}schemathesis-${new Uint8Array(hash).toHex().slice(0, 12)}`;
  const program = `${environment}/bin/schemathesis`;
  // written when it was installed to its end, after pip checked each package
  const record = `${environment}.sha256`;
  if (await isIntact(environment, record)) return { program };
  if (!await succeeds("python3", ["-c", "import sys, venv; assert sys.version_info >= (3, 10)"])) {
    return { missing: "Python 3.10 or later with venv is not installed" };
  }
  console.log("Fetching Schemathesis (once, into .tools/)");
  await Deno.remove(record).catch(() => {});
  await Deno.remove(environment, { recursive: true }).catch(() => {});
  const made = await succeeds("python3", ["-m", "venv", environment]);
  if (!made) return { missing: "Python cannot make a virtual environment" };
  const options = ["--quiet", "--disable-pip-version-check", "--require-hashes"];
  const pip = ["-m", "pip", "install", ...options, "--requirement", requirements];
  if (!await succeeds(`${environment}/bin/python`, pip, "inherit")) {
    throw new Error("Cannot fetch Schemathesis: pip says why above");
  }
  await Deno.writeTextFile(record, await environmentDigest(environment));
  return { program };
}

/** Whether the environment is as it was installed. */
async function isIntact(environment: string, record: string): Promise<boolean> {
  if (!await exists(record)) return false;
  const digest = await environmentDigest(environment).catch(() => undefined);
  if (await Deno.readTextFile(record) === digest) return true;
  console.error(`${environment} is not as it was installed: it is installed again`);
  return false;
}

function environmentDigest(environment: string): Promise<string> {
  return folderDigest(environment, "bin", "lib");
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
