/**
 * Takes the packages out of deno.json and deno.lock that the binary is made without: those of tests,
 * measurements and the demo, half of all bytes. Then fetches the others, which have to be those that were
 * locked. It changes the two files, so it is for copies of them, such as an image's build has.
 *
 *     deno run --allow-all scripts/only_build_packages.ts
 */

/** What neither `src` nor the build imports. */
export const DEVELOPMENT_PACKAGES: readonly string[] = [
  "@electric-sql/pglite",
  "@electric-sql/pglite-socket",
  "@sigstore/core",
  "axe-core",
  "fast-check",
  "graphql",
  "openapi-fetch",
  "openapi-typescript",
  "playwright-core",
  "thrift",
  "typescript",
];

/** The packages in deno.lock, each version with its checksum. */
async function lockedPackages(): Promise<
  Readonly<Record<string, { readonly integrity: string }>>
> {
  return JSON.parse(await Deno.readTextFile("deno.lock")).npm;
}

async function keepOnlyBuildPackages(): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile("deno.json"));
  for (const name of DEVELOPMENT_PACKAGES) delete config.imports[name];
  await Deno.writeTextFile("deno.json", JSON.stringify(config, null, 2));
  const before = await lockedPackages();
  const args = ["install", "--quiet", "--frozen=false"];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (!success) throw new Error("Cannot fetch the packages: deno install failed");
  for (const [name, { integrity }] of Object.entries(await lockedPackages())) {
    if (before[name]?.integrity === integrity) continue;
    throw new Error(`Cannot fetch the packages: ${name} is not in deno.lock, or another one`);
  }
}

if (import.meta.main) await keepOnlyBuildPackages();
