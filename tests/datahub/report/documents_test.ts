/** Every GraphQL document of the program fits DataHub's schema, of an older and a newer server. */
import assert from "node:assert/strict";
import { parse, validate } from "graphql";
import { readSchema, SCHEMAS } from "../../../scripts/servers/datahub/graphql_api.ts";

/** Sent only if the server offers it. */
const NEWER_ONLY = ["updateIncident"];

const src = new URL("../../../src/datahub/", import.meta.url);

/** The documents in the sources: each is a text in backticks that begins as one. */
async function readDocuments(folder: URL): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      found.push(...await readDocuments(new URL(`${name}/`, folder)));
      continue;
    }
    const text = await Deno.readTextFile(new URL(name, folder));
    const documents = [...text.matchAll(/`((?:query|mutation) \w+[^`]*)`/g)];
    found.push(
      ...documents.map(([, document]) => document!).filter((each) => !each.includes("${")),
    );
  }
  return found;
}

const documents = await readDocuments(src);

for (const age of SCHEMAS) {
  Deno.test(`every document fits the schema of ${age} servers`, async () => {
    assert.ok(documents.length > 10, "the documents are found");
    const schema = await readSchema(age);
    const faults = documents
      .filter((each) => age === "newer" || !NEWER_ONLY.some((name) => each.includes(`${name}(`)))
      .flatMap((each) => validate(schema, parse(each)).map(({ message }) => `${each}: ${message}`));
    assert.deepEqual(faults, []);
  });
}
