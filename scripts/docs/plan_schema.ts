/** The JSON Schema of the file of `plan -f` and `run -f`, for editors, from the list that it is read by. */
import { PLAN_FILE_KEYS } from "../../src/command_line/plan_file.ts";

/** Where the schema is, from the repository's root. */
export const PLAN_SCHEMA_PATH = "docs/plan.schema.json";

/** The schema, in draft 07, which editors know best. */
export function planSchema(): Readonly<Record<string, unknown>> {
  const properties = Object.entries(PLAN_FILE_KEYS)
    .map(([key, { description, schema }]) => [key, { description, ...schema }]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Datasets for tokenize plan and tokenize run",
    type: "object",
    additionalProperties: false,
    required: ["datasets"],
    properties: {
      datasets: {
        description: "the datasets, each once",
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          additionalProperties: false,
          required: ["urn", "columns"],
          properties: Object.fromEntries(properties),
        },
      },
    },
  };
}
