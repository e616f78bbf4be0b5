/** The reference tables say what the code does, all of it and nothing else. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { ErrorCode } from "../../src/errors.ts";
import { PROBLEMS } from "../../src/http/problem.ts";
import { problemSchema, readinessSchema, reportSchema } from "../../src/http/schemas.ts";
import { RESIDUE_STATES } from "../../src/platforms/residue.ts";
import { findResidue } from "../../src/platforms/databricks/residue/find_residue.ts";
import { uncheckedPlaces } from "../../src/platforms/postgres/residue/residue_places.ts";
import { TOKEN_SDK_MODES } from "../../src/tokens/adapters.ts";
import { commandHelp } from "../../scripts/docs/command_help.ts";
import { GENERATED_PAGES } from "../../scripts/docs/generated_parts.ts";
import { codeBlocksOf, tablesOf } from "../../scripts/docs/markdown.ts";
import { openApiDocument } from "../../scripts/docs/openapi_document.ts";
import { page, PAGES, textOf } from "./pages.ts";
import { assertNamesAll, assertNoEmptyCell, namesIn } from "./tables.ts";

const REFRESH = 'run "deno task docs" and commit what it writes';

Deno.test("docs/cli.md has every command, and what --help prints of it", async () => {
  const commands = [...(await commandHelp()).keys()].filter((name) => name !== "");
  const documented = namesIn("docs/cli.md", "command").map((name) => name.replace("tokenize ", ""));
  assertNamesAll("docs/cli.md", documented, commands);
});

for (const { path, update } of GENERATED_PAGES) {
  Deno.test(`the generated parts of ${path} are current`, async () => {
    const { text } = page(path);
    const parts = (each: string) => ({
      blocks: codeBlocksOf(each).map((block) => block.text),
      tables: tablesOf(each).map(({ header, rows }) => ({ header, rows })),
    });
    const isCurrent = isDeepStrictEqual(parts(text), parts(await update(text)));
    assert.ok(isCurrent, `${path} is not current: ${REFRESH}`);
    assertNoEmptyCell(path, tablesOf(text));
  });
}

Deno.test("docs/openapi.json is what a running action gives at /openapi.json", async () => {
  const committed = JSON.parse(await textOf("docs/openapi.json"));
  const isCurrent = isDeepStrictEqual(committed, await openApiDocument());
  assert.ok(isCurrent, `docs/openapi.json is not current: ${REFRESH}`);
});

Deno.test("docs/http-api.md has every field of a trigger, a report and a problem", async () => {
  const { components } = await openApiDocument() as {
    components: { schemas: Record<string, { properties: object }> };
  };
  for (const schema of ["Trigger", "Report", "Problem"]) {
    const documented = namesIn("docs/http-api.md", `field of a ${schema.toLowerCase()}`);
    const real = Object.keys(components.schemas[schema]!.properties);
    assertNamesAll(`docs/http-api.md, ${schema}`, documented, real);
  }
});

Deno.test("the reports, problems and other responses that pages show are of the API's shape", () => {
  const shown = PAGES.flatMap(({ path, text }) =>
    codeBlocksOf(text).filter(({ language }) => language === "json")
      .map(({ text: block, line }) => ({ where: `${path}:${line}`, body: JSON.parse(block) }))
  );
  const check = (field: string, schema: { parse: (body: unknown) => unknown }) => {
    const examples = shown.filter(({ body }) => field in body);
    assert.ok(examples.length > 0, field);
    for (const { where, body } of examples) {
      assert.doesNotThrow(() => assert.deepEqual(schema.parse(body), body), where);
    }
    return examples;
  };
  check("updated", reportSchema);
  check("platforms", readinessSchema);
  for (const { where, body } of check("code", problemSchema)) {
    const { status, title } = PROBLEMS[body.code as ErrorCode];
    assert.deepEqual([body.status, body.title], [status, title], where);
  }
});

Deno.test("docs/residue.md has every state, and every place of both platforms in the report's order", async () => {
  assertNamesAll("docs/residue.md", namesIn("docs/residue.md", "state"), RESIDUE_STATES);
  const postgres = uncheckedPlaces().map(({ place }) => place);
  assertNamesAll("docs/residue.md", namesIn("docs/residue.md", "place on Postgres"), postgres);
  assert.deepEqual(namesIn("docs/residue.md", "place on Postgres"), postgres);

  const placesOf = (isDelta: boolean) => {
    type Arguments = Parameters<typeof findResidue>;
    const table = { catalog: "c", schema: "s", name: "t", isDelta, properties: "[]" };
    const noSession = undefined as unknown as Arguments[0];
    return findResidue(noSession, table as unknown as Arguments[1], { updated: 1, scrub: false });
  };
  const databricks = [...await placesOf(true), ...await placesOf(false)].map(({ place }) => place);
  assertNamesAll("docs/residue.md", namesIn("docs/residue.md", "place on Databricks"), databricks);
  assert.deepEqual(namesIn("docs/residue.md", "place on Databricks"), databricks);
});

Deno.test("README and docs/token-sdks.md have every token SDK", () => {
  for (const path of ["README.md", "docs/token-sdks.md"]) {
    assertNamesAll(path, namesIn(path, "`TOKEN_SDK_MODE`"), TOKEN_SDK_MODES);
  }
});
