/** The file of `plan -f` and `run -f`: what the program reads, and that its JSON Schema says the same. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { z } from "zod";
import { PLAN_SCHEMA_PATH, planSchema } from "../../scripts/docs/plan_schema.ts";
import { readPlanFile } from "../../src/command_line/plan_file.ts";
import { ConfigError } from "../../src/config_error.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/run_options.ts";
import { textOf } from "../docs/pages.ts";

const schema = z.fromJSONSchema(planSchema() as Parameters<typeof z.fromJSONSchema>[0]);
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c,PROD)";

const read = (text: string, defaults = DEFAULT_RUN_OPTIONS) =>
  readPlanFile("plan.yaml", defaults, () => text);

Deno.test("the committed schema is current", async () => {
  const committed = JSON.parse(await textOf(PLAN_SCHEMA_PATH));
  assert.deepEqual(committed, planSchema(), 'run "deno task docs" and commit what it writes');
});

Deno.test("the page's example is read, and valid", async () => {
  const [, example] = /```yaml\n(.*?)```/s.exec(await textOf("docs/plan.md"))!;
  assert.ok(schema.safeParse(parse(example!)).success);
  const runs = read(example!);
  assert.deepEqual(runs.map(({ dataset, options }) => [dataset.columns, options.commit]), [
    [["email", "phone"], "atomic"],
    [["email", "delivery_address"], "batches"],
  ]);
});

Deno.test("what a dataset leaves open is as the options say, and what it says wins over them", () => {
  const text = `datasets:
  - { urn: "${URN}", columns: [a] }
  - { urn: "${URN.replace(".c", ".d")}", columns: [a], strategy: update, scrub: false }`;
  const runs = read(text, { ...DEFAULT_RUN_OPTIONS, strategy: "rewrite", scrub: true });
  assert.deepEqual(runs.map(({ options: { strategy, scrub } }) => [strategy, scrub]), [
    ["rewrite", true],
    ["update", false],
  ]);
});

const SAME_JUDGEMENT: readonly (readonly [string, boolean])[] = [
  [`datasets: [{ urn: "${URN}", columns: [a] }]`, true],
  [`datasets: [{ urn: "${URN}", columns: "a, b" }]`, true],
  [`datasets: [{ urn: "${URN}", columns: [a], commit: batches, scrub: true }]`, true],
  [`datasets: [{ urn: "${URN}", columns: [a], commit: never }]`, false],
  [`datasets: [{ urn: "${URN}", columns: [a], scrub: perhaps }]`, false],
  [`datasets: [{ urn: "${URN}", columns: [] }]`, false],
  [`datasets: [{ urn: "${URN}", columns: { a: b } }]`, false],
  [`datasets: [{ urn: "${URN}" }]`, false],
  [`datasets: [{ columns: [a] }]`, false],
  [`datasets: [{ urn: "${URN}", columns: [a], table: t }]`, false],
  ["datasets: []", false],
  ["datasets: {}", false],
  ["[]", false],
  ["{}", false],
  ["", false],
  [`datasets: [{ urn: "${URN}", columns: [a] }]\nmore: 1`, false],
];

for (const [text, isValid] of SAME_JUDGEMENT) {
  Deno.test(`schema and program agree: ${text.replaceAll("\n", " ")}`, () => {
    assert.equal(schema.safeParse(parse(text)).success, isValid);
    if (isValid) assert.ok(read(text).length > 0);
    else assert.throws(() => read(text), ConfigError);
  });
}
