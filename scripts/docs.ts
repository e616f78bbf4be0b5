/**
 * `deno task docs`: writes the parts of the documentation that follow from the code: docs/openapi.json,
 * docs/config.schema.json, docs/plan.schema.json, the tables of settings, each command's help in
 * docs/cli.md and docs/messages.md, statuses and titles in docs/errors.md, the log's lines in docs/log-events.md, and the
 * values of the Helm chart. The tests in tests/docs say when one of them is not current.
 */
import { fileURLToPath } from "node:url";
import { CONFIG_SCHEMA_PATH, configSchema } from "./docs/config_schema.ts";
import { GENERATED_PAGES } from "./docs/generated_parts.ts";
import { PLAN_SCHEMA_PATH, planSchema } from "./docs/plan_schema.ts";
import { openApiDocument } from "./docs/openapi_document.ts";

Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
await Deno.writeTextFile(
  "docs/openapi.json",
  `${JSON.stringify(await openApiDocument(), null, 2)}\n`,
);
for (const { path, update } of GENERATED_PAGES) {
  await Deno.writeTextFile(path, await update(await Deno.readTextFile(path)));
}
await Deno.writeTextFile(CONFIG_SCHEMA_PATH, `${JSON.stringify(configSchema(), null, 2)}\n`);
await Deno.writeTextFile(PLAN_SCHEMA_PATH, `${JSON.stringify(planSchema(), null, 2)}\n`);
const schemas = [CONFIG_SCHEMA_PATH, PLAN_SCHEMA_PATH];
const files = ["docs/openapi.json", ...schemas, ...GENERATED_PAGES.map(({ path }) => path)];
const { code } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", ...files] })
  .spawn()
  .status;
Deno.exit(code);
