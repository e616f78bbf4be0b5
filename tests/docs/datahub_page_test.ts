/** docs/datahub.md has what the code has. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { configSchema } from "../../scripts/docs/config_schema.ts";
import { REPORT_KINDS } from "../../src/datahub/settings.ts";
import { textOf } from "./pages.ts";
import { assertNamesAll, namesIn } from "./tables.ts";

const PAGE = "docs/datahub.md";

Deno.test("the file of docs/datahub.md has every key of DataHub", async () => {
  const [, block] = /```yaml\n(datahub:[\s\S]*?)```/.exec(await textOf(PAGE)) ?? [];
  const keys = Object.keys(parse(block!).datahub);
  const { datahub } = (configSchema() as {
    properties: { datahub: { properties: Record<string, unknown> } };
  }).properties;
  const alternatives = ["gms_token", "auth_token_file"]; // of gms_token_file, in its comment
  assert.deepEqual(
    [...keys, ...alternatives].toSorted(),
    Object.keys(datahub.properties).toSorted(),
  );
  for (const name of alternatives) assert.match(block!, new RegExp(`# .*\\b${name}\\b`));
});

Deno.test("docs/datahub.md has a line for every kind of report", () => {
  assertNamesAll(PAGE, namesIn(PAGE, "kind"), REPORT_KINDS);
});

Deno.test("docs/datahub.md has every privilege of the policies, and no other", async () => {
  const policies = JSON.parse(await textOf("deploy/datahub/policy.json")) as {
    readonly privileges: readonly string[];
  }[];
  assert.deepEqual(
    new Set(namesIn(PAGE, "privilege")),
    new Set(policies.flatMap(({ privileges }) => privileges)),
  );
});
