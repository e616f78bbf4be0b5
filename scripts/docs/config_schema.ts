/** The JSON Schema of the configuration file, for editors, from the list that the program reads it by. */
import { CATALOGUE, fileKey } from "../../src/config/catalogue.ts";
import { CONNECTION_KEYS } from "../../src/config/catalogue/connections.ts";
import type { Setting, SettingValue } from "../../src/config/setting.ts";

/** Where the schema is, from the repository's root. */
export const CONFIG_SCHEMA_PATH = "docs/config.schema.json";

type Schema = Readonly<Record<string, unknown>>;

/** A text with a reference, which may stand for any value. */
const REFERENCE = { type: "string", pattern: "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}" };
const DURATION = "^([0-9]+(ms|[smhd]))+$";

/** The schema, in draft 07, which editors know best. */
export function configSchema(): Schema {
  const outer: Record<string, Schema> = {};
  const datahub: Record<string, Schema> = {};
  for (const [variable, setting] of Object.entries(CATALOGUE)) {
    const key = fileKey(variable);
    const isNested = key.startsWith("datahub.");
    (isNested ? datahub : outer)[key.replace(/^datahub\./, "")] = {
      ...described(setting),
      ...schemaOf(setting.value),
    };
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration file of tokenize-action",
    type: ["object", "null"],
    additionalProperties: false,
    properties: {
      connections: {
        description: "databases and warehouses, beside those of pg_conn_str and dbx_jdbc_url",
        type: ["array", "null"],
        items: connectionSchema(),
      },
      datahub: {
        description: "the DataHub loop",
        type: ["object", "null"],
        additionalProperties: false,
        properties: datahub,
      },
      ...outer,
    },
  };
}

function connectionSchema(): Schema {
  const properties = Object.entries(CONNECTION_KEYS as Readonly<Record<string, Setting>>)
    .map(([key, setting]) => [key, { ...described(setting), ...schemaOf(setting.value) }]);
  return {
    type: "object",
    additionalProperties: false,
    required: ["name", "platform"],
    properties: Object.fromEntries(properties),
  };
}

/** The meaning as plain text, and the default. */
function described({ meaning, absent }: Setting): Schema {
  return { description: `${plain(meaning)} (default: ${plain(absent)})` };
}

function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}

/** A value, or a reference to one. */
function schemaOf(value: SettingValue): Schema {
  switch (value.kind) {
    case "boolean":
      return { anyOf: [{ type: ["boolean", "null"] }, { enum: ["true", "false"] }, REFERENCE] };
    case "integer": {
      const { min, max } = value;
      const number = { type: "integer", minimum: min, maximum: max };
      return {
        anyOf: [number, { type: "null" }, { type: "string", pattern: "^[0-9]+$" }, REFERENCE],
      };
    }
    case "choice":
      return { anyOf: [{ enum: [...value.choices, null] }, REFERENCE] };
    case "duration":
      return { anyOf: [{ type: "string", pattern: DURATION }, { type: "null" }, REFERENCE] };
    case "list": {
      const item = value.choices === undefined
        ? { type: "string" }
        : { anyOf: [{ enum: value.choices }, REFERENCE] };
      return { anyOf: [{ type: "array", items: item }, { type: ["string", "null"] }] };
    }
    default:
      return { type: ["string", "number", "null"] };
  }
}
