/** The JSON Schema of the configuration file accepts what the program accepts. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { z } from "zod";
import { CONFIG_SCHEMA_PATH, configSchema } from "../../scripts/docs/config_schema.ts";
import { hmacJwk, jwkSet } from "../../scripts/servers/test_keys.ts";
import { textOf } from "../docs/pages.ts";
import { configOf, faultsOf } from "./sources.ts";

const EXAMPLE = "deploy/config.example.yaml";
const schema = z.fromJSONSchema(configSchema() as Parameters<typeof z.fromJSONSchema>[0]);

/** Whether an editor would accept the text. */
function isAccepted(text: string): boolean {
  return schema.safeParse(parse(text)).success;
}

Deno.test("the committed schema is current", async () => {
  const committed = JSON.parse(await textOf(CONFIG_SCHEMA_PATH));
  assert.deepEqual(committed, configSchema(), 'run "deno task docs" and commit what it writes');
});

Deno.test("the example is valid, names the schema, and others may read it", async () => {
  const text = await textOf(EXAMPLE);
  assert.ok(text.startsWith("# yaml-language-server: $schema=../docs/config.schema.json\n"));
  assert.ok(isAccepted(text));
  const variables = {
    TOKENIZE_APP_PASSWORD: "canary",
    TOKENIZE_CRM_PASSWORD: "canary",
    TOKENIZE_LAKE_EU: "jdbc:databricks://h;httpPath=/p;AuthMech=3;PWD=canary",
  };
  const files = {
    "/run/secrets/keys.json": jwkSet(await hmacJwk("a")),
    "/run/secrets/trigger-token": "a-token-of-24-characters",
    "/run/secrets/datahub-token": "canary",
  };
  const config = await configOf(text, { variables, files, isPublic: true });
  const names = config.connections.map(({ name }) => name);
  assert.deepEqual(names, ["app", "crm/crm", "crm/shop", "lake-eu"]);
  assert.deepEqual(config.datahub?.termGroups, ["urn:li:glossaryNode:PersonalData"]);
});

const SAME_JUDGEMENT: readonly (readonly [string, boolean])[] = [
  ["port: 9000", true],
  ["port: 0", false],
  ["port: ${PORT:-8080}", true],
  ["log_level: loud", false],
  ["pushdown: false", true],
  ["pushdown: maybe", false],
  ["log_levle: debug", false],
  ["port: [1]", false],
  ["datahub: { gms_url: 'http://g', tags: ['urn:li:tag:PII'], report: [tag] }", true],
  ["datahub: { gms_url: 'http://g', tags: ['urn:li:tag:PII'], report: [everything] }", false],
  ["datahub: { gms_url: 'http://g', tags: ['urn:li:tag:PII'], sweep_interval: 6 hours }", false],
  ["datahub: { server: x }", false],
  ["connections: [{ name: a, platform: postgres, connection_string: 'postgres://u@h/d' }]", true],
  ["connections: [{ name: a, platform: oracle, connection_string: 'postgres://u@h/d' }]", false],
  ["connections: [{ platform: postgres, connection_string: 'postgres://u@h/d' }]", false],
  ["connections: { name: a }", false],
];
for (const [text, isRight] of SAME_JUDGEMENT) {
  Deno.test(`schema and program ${isRight ? "accept" : "refuse"} ${text}`, async () => {
    assert.equal(isAccepted(text), isRight);
    assert.equal((await faultsOf(text)).length === 0, isRight);
  });
}
