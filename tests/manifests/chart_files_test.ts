/** The files of the Helm chart agree with one another, and with the program. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { CHART } from "./judges.ts";

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
}

const schema = JSON.parse(await Deno.readTextFile(`${CHART}/values.schema.json`)) as Schema;
const values = parse(await Deno.readTextFile(`${CHART}/values.yaml`));

function* keysOf(part: Schema, path = ""): Generator<[path: string, part: Schema]> {
  for (const [key, each] of Object.entries(part.properties ?? {})) {
    yield [`${path}${key}`, each];
    yield* keysOf(each, `${path}${key}.`);
  }
  if (part.items !== undefined) yield* keysOf(part.items, `${path}[].`);
}

Deno.test("the schema describes every key, and allows no other", () => {
  const keys = [...keysOf(schema)];
  assert.ok(keys.length > 150, String(keys.length));
  for (const [path, { description, properties, additionalProperties }] of keys) {
    assert.ok((description ?? "").length >= 5 || /\[\]\.\w+$/.test(path), path);
    const isReference = ["parentRefs", "extraEnv", "topologySpreadConstraints"]
      .some((list) => path.startsWith(`${list}[]`) || path.endsWith(list));
    if (properties !== undefined && !isReference) assert.equal(additionalProperties, false, path);
  }
});

Deno.test("values.yaml has every key of the schema, with its default", () => {
  const check = (part: Schema, value: Record<string, unknown>, path: string) => {
    for (const [key, each] of Object.entries(part.properties ?? {})) {
      if (path + key === "global") continue; // Helm's own
      assert.ok(key in value, `values.yaml has no ${path}${key}`);
      if (each.properties) check(each, value[key] as Record<string, unknown>, `${path}${key}.`);
    }
    for (const key of Object.keys(value)) {
      assert.ok(part.properties === undefined || key in part.properties, `${path}${key}`);
    }
  };
  check(schema, values, "");
});

Deno.test("the chart has the program's version", async () => {
  const { version } = JSON.parse(await Deno.readTextFile("deno.json"));
  const chart = parse(await Deno.readTextFile(`${CHART}/Chart.yaml`));
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
});
