/** URNs as DataHub's own classes write and read them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  encodePart,
  FABRICS,
  parseDatasetUrn,
  spellings,
  splitUrnParts,
} from "../../src/datahub/dataset_urn.ts";
import { judge } from "./judge.ts";

/** Names with what URNs reserve, and any letters; without blanks at the ends. */
const name = fc.string({
  unit: fc.constantFrom(..."ab.Z_-% é字🙂(),\"'/:;[]"),
  minLength: 1,
  maxLength: 12,
}).filter((text) => text.trim() === text);

const generated = fc.sample(
  fc.record({
    platform: fc.constantFrom("postgres", "databricks"),
    name,
    env: fc.constantFrom(...FABRICS),
    path: fc.oneof(name, name.map((each) => `[version=2.0].[type=string].${each}`)),
  }),
  { numRuns: 300, seed: 7 },
);

Deno.test("URNs that DataHub writes are read as they were meant, and columns are written alike", async () => {
  const written = await judge(generated.map((parts) => ({ ask: "write_urns", ...parts })));
  for (const [i, answer] of written.entries()) {
    const { dataset, field } = answer as { readonly dataset: string; readonly field: string };
    const { platform, env, path, ...parts } = generated[i]!;
    const read = parseDatasetUrn(dataset);
    assert.deepEqual([read.platform, read.fabric], [platform, env], dataset);
    assert.ok(spellings(read.name).includes(parts.name), dataset);
    assert.equal(`urn:li:schemaField:(${dataset},${encodePart(path)})`, field);
    const [, column] = splitUrnParts(field, "urn:li:schemaField:(", "schemaField URN");
    assert.ok(spellings(column!).includes(path), field);
  }
});

Deno.test("DataHub reads the URNs of columns that the program writes", async () => {
  const urns = generated.map(({ platform, name, env, path }) => {
    const dataset = `urn:li:dataset:(urn:li:dataPlatform:${platform},${encodePart(name)},${env})`;
    return `urn:li:schemaField:(${dataset},${encodePart(path)})`;
  });
  const read = await judge(urns.map((urn) => ({ ask: "read_urn", urn })));
  for (const [i, answer] of read.entries()) {
    const { path, ...parts } = answer as (typeof generated)[number];
    const { path: wantedPath, ...wanted } = generated[i]!;
    assert.deepEqual({ ...parts, name: decoded(parts.name) }, wanted, urns[i]);
    assert.equal(decoded(path), wantedPath, urns[i]);
  }
});

/** DataHub's classes leave reserved characters encoded. */
function decoded(part: string): string {
  return part.replaceAll("%2C", ",").replaceAll("%28", "(").replaceAll("%29", ")");
}
