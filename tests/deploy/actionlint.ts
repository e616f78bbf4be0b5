/** actionlint, of exactly the pinned version, compiled by Go into .tools. */
import { fileURLToPath } from "node:url";

const VERSION = "1.7.12";
const MODULE = `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}`;
const tools = fileURLToPath(new URL("../../.tools/", import.meta.url));

/** Its path, or what is missing on this machine to install it. */
export type Installation = { readonly program: string } | { readonly missing: string };

/**
 * Compiles it if it is not there: in a folder of its own that is renamed at the end, so that it can
 * be interrupted. Go checks the module against its checksum database.
 */
export async function installActionlint(): Promise<Installation> {
  const folder = `${tools}actionlint-${VERSION}`;
  const program = `${folder}/actionlint`;
  if (await exists(program)) return { program };
  if (!await isInstalled("go")) return { missing: "Go is not installed" };
  await Deno.mkdir(tools, { recursive: true });
  const work = await Deno.makeTempDir({ dir: tools, prefix: "actionlint-" });
  try {
    console.log(`Fetching actionlint ${VERSION} (once, into .tools/)`);
    const args = ["install", MODULE];
    const command = new Deno.Command("go", { args, env: { GOBIN: work }, stdin: "null" });
    const { success, stderr } = await command.output();
    const [reason] = new TextDecoder().decode(stderr).trim().split("\n").slice(-1);
    if (!success) return { missing: `Go cannot fetch it: ${reason}` };
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.rename(work, folder);
  } finally {
    await Deno.remove(work, { recursive: true }).catch(() => {});
  }
  return { program };
}

async function isInstalled(program: string): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args: ["version"], stdout: "null" });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
