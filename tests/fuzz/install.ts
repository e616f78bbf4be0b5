/** Schemathesis, in a Python environment of its own under .tools, of exactly the pinned packages. */
import { fileURLToPath } from "node:url";
import { installPackages } from "../../scripts/python_packages.ts";

/** Its path, or what is missing on this machine to install it. */
export type Installation = { readonly program: string } | { readonly missing: string };

/** Installs it if it is not there. Throws if the packages cannot be fetched. */
export async function installSchemathesis(): Promise<Installation> {
  const environment = await installPackages({
    name: "schemathesis",
    requirements: fileURLToPath(new URL("requirements.txt", import.meta.url)),
    hashes: true,
  });
  if ("missing" in environment) return environment;
  return { program: `${environment.folder}/bin/schemathesis` };
}
