/** `make sbom`: the binary's bill of materials, dist/sbom.cdx.json, from what the build left in dist. */
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { sbomOf } from "./sbom_document.ts";

const projectDir = fileURLToPath(new URL("..", import.meta.url));
const distDir = Deno.env.get("TOKENIZE_DIST") || `${projectDir}dist`;

const binary = await Deno.readFile(`${distDir}/tokenize`);
const sbom = sbomOf({
  name: manifest.name,
  version: manifest.version,
  license: manifest.license,
  denoVersion: Deno.version.deno,
  binarySha256: Buffer.from(await crypto.subtle.digest("SHA-256", binary)).toString("hex"),
  contents: JSON.parse(await Deno.readTextFile(`${distDir}/contents.json`)),
  lock: JSON.parse(await Deno.readTextFile(`${projectDir}deno.lock`)),
  licenses: await Deno.readTextFile(`${distDir}/licenses.txt`),
});
await Deno.writeTextFile(`${distDir}/sbom.cdx.json`, JSON.stringify(sbom, null, 2) + "\n");
console.log(`${distDir}/sbom.cdx.json: ${sbom.components.length} components`);
