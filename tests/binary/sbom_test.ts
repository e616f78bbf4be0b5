/** The bill of materials: everything in the binary, and nothing else, in the CycloneDX format. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { sbomOf, type SbomSources } from "../../scripts/sbom_document.ts";

const distUrl = new URL("../../dist/", import.meta.url);
const lock = JSON.parse(await Deno.readTextFile(new URL("../deno.lock", distUrl)));
const sources: SbomSources = {
  name: "tokenize-action",
  version: "0.1.0",
  license: "Apache-2.0",
  denoVersion: "2.6.10",
  binarySha256: "0123456789abcdef".repeat(4),
  contents: JSON.parse(await Deno.readTextFile(new URL("contents.json", distUrl))),
  lock,
  licenses: await Deno.readTextFile(new URL("licenses.txt", distUrl)),
};
const sbom = sbomOf(sources);

Deno.test("the document has what CycloneDX 1.6 requires, and names the binary", () => {
  assert.deepEqual([sbom.bomFormat, sbom.specVersion, sbom.version], ["CycloneDX", "1.6", 1]);
  assert.match(
    sbom.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const { type, name, version, hashes } = sbom.metadata.component;
  assert.deepEqual([type, name, version], ["application", "tokenize-action", "0.1.0"]);
  assert.deepEqual(hashes, [{ alg: "SHA-256", content: sources.binarySha256 }]);
  for (const each of sbom.components) {
    assert.ok(each.type && each.name && each.version && each["bom-ref"], JSON.stringify(each));
  }
});

Deno.test("each package in the binary is a component, with its checksum, licence and address", () => {
  const libraries = sbom.components.filter(({ type }) => type === "library");
  assert.deepEqual(libraries.map((each) => each["bom-ref"]), sources.contents.packages);
  for (const { hashes, licenses, purl, group, name, version } of libraries) {
    assert.match(hashes![0]!.content, /^[0-9a-f]{128}$/);
    assert.equal(licenses.length, 1);
    const path = group === undefined ? name : `%40${group.slice(1)}/${name}`;
    assert.equal(purl, `pkg:npm/${path}@${version}`);
  }
  const hono = libraries.find(({ name, group }) => name === "hono" && group === undefined)!;
  assert.deepEqual(hono.licenses, [{ license: { id: "MIT" } }]);
  const { integrity } = lock.npm[`hono@${hono.version}`];
  const digest = Buffer.from(hono.hashes![0]!.content, "hex").toString("base64");
  assert.equal(`sha512-${digest}`, integrity);
});

Deno.test("the runtime is a component too", () => {
  const [runtime] = sbom.components;
  assert.deepEqual([runtime!.name, runtime!.version], ["deno", "2.6.10"]);
});

Deno.test("dependencies name only components of the document, each once", () => {
  const refs = [sbom.metadata.component, ...sbom.components].map((each) => each["bom-ref"]);
  assert.equal(new Set(refs).size, refs.length);
  assert.deepEqual(sbom.dependencies.map(({ ref }) => ref), refs);
  for (const { dependsOn } of sbom.dependencies) {
    assert.deepEqual(dependsOn.filter((each) => !refs.includes(each)), []);
    assert.equal(new Set(dependsOn).size, dependsOn.length);
  }
  const openapi = sbom.dependencies.find(({ ref }) => ref.startsWith("@hono/zod-openapi@"))!;
  assert.ok(openapi.dependsOn.some((each) => each.startsWith("zod@")));
});

Deno.test("the same binary gives the same document", () => {
  assert.equal(JSON.stringify(sbomOf(sources)), JSON.stringify(sbom));
});

Deno.test("a package without a checksum in the lock file is an error", () => {
  const contents = { ...sources.contents, packages: ["nosuch@1.0.0"] };
  assert.throws(() => sbomOf({ ...sources, contents }), /no SHA-512 of nosuch@1\.0\.0/);
});
