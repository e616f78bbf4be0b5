/** The table of the Helm chart's values, from the chart's own schema and defaults. */
import { parse } from "yaml";

interface Schema {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const CHART = new URL("../../deploy/chart/tokenize-action/", import.meta.url);

/** A row for every value that there is, in the order of the schema. */
export async function chartValues(): Promise<string> {
  const schema = JSON.parse(await Deno.readTextFile(new URL("values.schema.json", CHART)));
  const defaults = parse(await Deno.readTextFile(new URL("values.yaml", CHART)));
  const rows = [...rowsOf(schema, defaults, "")].map((cells) => `| ${cells.join(" | ")} |`);
  return ["| key | meaning | default |", "| --- | --- | --- |", ...rows].join("\n");
}

function* rowsOf(schema: Schema, defaults: unknown, path: string): Generator<string[]> {
  for (const [key, { description = "", enum: choices, properties }] of entriesOf(schema)) {
    if (path + key === "global") continue; // Helm's own
    const value = (defaults as Record<string, unknown>)[key];
    const choice = choices === undefined ? "" : `: ${choices.map(code).filter(Boolean).join(", ")}`;
    const shown = properties === undefined ? code(value) || "empty" : "the keys below";
    yield [`\`${path}${key}\``, cell(description + choice), cell(shown)];
    yield* rowsOf({ properties }, value, `${path}${key}.`);
  }
}

function entriesOf({ properties = {} }: Schema): [string, Schema][] {
  return Object.entries(properties);
}

function code(value: unknown): string {
  if (value === "" || value === undefined) return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
