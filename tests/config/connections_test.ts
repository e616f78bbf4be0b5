/** The connections that the configuration file lists, beside those of variables. */
import assert from "node:assert/strict";
import type { Connection } from "../../src/config.ts";
import { configOf, faultsOf, type GivenSettings, hostOf } from "./sources.ts";

const PG = "postgres://ada:canary@db/app";
const DBX = "jdbc:databricks://h;httpPath=/sql/1.0/warehouses/1;AuthMech=3;PWD=canary";

async function connectionsOf(text: string, given?: GivenSettings): Promise<readonly Connection[]> {
  return (await configOf(`connections:\n${text}`, given)).connections;
}

/** What tells the connections apart. */
function summary(connections: readonly Connection[]): unknown[] {
  return connections.map((each) =>
    each.platform === "postgres"
      ? [each.name, each.platformInstance, each.settings.database]
      : [each.name, each.platformInstance, each.catalogs]
  );
}

async function reasonsOf(text: string, given?: GivenSettings): Promise<string[]> {
  const lines = await faultsOf(`connections:\n${text}`, given);
  assert.doesNotMatch(lines.join("\n"), /canary/);
  return lines.map((line) => line.replace(/^tokenize\.yaml:/, ""));
}

Deno.test("an entry has a name, a platform and a connection string, which may be in a file", async () => {
  const connections = await connectionsOf(
    `
  - { name: crm, platform: postgres, connection_string: "${PG}" }
  - { name: lake, platform: databricks, connection_string_file: /dbx, catalogs: [main] }
`,
    { files: { "/dbx": `${DBX}\n` } },
  );
  assert.deepEqual(summary(connections), [["crm", undefined, "app"], ["lake", undefined, [
    "main",
  ]]]);
  assert.deepEqual(connections.map(({ origin }) => origin), [
    'connection "crm"',
    'connection "lake"',
  ]);
  assert.deepEqual(connections.map(hostOf), ["db", "h"]);
});

Deno.test("each database of an entry is a connection of its own, with the same server and user", async () => {
  const connections = await connectionsOf(
    `  - { name: crm, platform: postgres, databases: [crm, shop, crm], connection_string: "${PG}" }`,
  );
  assert.deepEqual(summary(connections), [["crm/crm", "", "crm"], ["crm/shop", "", "shop"]]);
  assert.deepEqual(connections.map(hostOf), ["db", "db"]);
});

Deno.test("the connections of variables come first, under the names of their platforms", async () => {
  const connections = await connectionsOf(
    `  - { name: crm, platform: postgres, databases: [crm], connection_string: "${PG}" }`,
    { variables: { PG_CONN_STR: PG, DBX_JDBC_URL: DBX } },
  );
  assert.deepEqual(summary(connections), [
    ["postgres", "", "app"],
    ["databricks", undefined, undefined],
    ["crm", "", "crm"],
  ]);
  assert.equal(connections[0]?.origin, "PG_CONN_STR");
});

Deno.test("what an entry lacks or may not have is a fault at its place", async () => {
  const cases = [
    ["- {}", [
      '2:5: connections[0]: "name" must be set',
      '2:5: connections[0]: "platform" must be set',
      '2:5: connections[0]: "connection_string" must be set, or "connection_string_file"',
    ]],
    [`- { name: postgres, platform: postgres, connection_string: "${PG}" }`, [
      '2:13: connections[0].name: "postgres" is the name of the connection that PG_CONN_STR sets',
    ]],
    [`- { name: a, platform: oracle, connection_string: "${PG}" }`, [
      "2:26: connections[0].platform: it is not one of postgres, databricks",
    ]],
    [`- { name: a, platform: postgres, catalogs: [x], connection_string: "${PG}" }`, [
      '2:46: connections[0].catalogs: a connection of the platform postgres has "databases" instead',
    ]],
    [`- { name: a, platform: databricks, databases: [x], connection_string: "${DBX}" }`, [
      '2:49: connections[0].databases: a connection of the platform databricks has "catalogs" instead',
    ]],
    [`- { name: a, platform: postgres, connection_string: "${PG}", connection_string_file: /x }`, [
      '2:111: connections[0].connection_string_file: "connection_string" is set too: set only one of them',
    ]],
    ["- { name: a, platform: postgres, connection_string_file: /none }", [
      '2:60: connections[0].connection_string_file: the file "/none" does not exist',
    ]],
    [`- { name: a, platform: postgres, connection_string: "postgres://u:canary@h/d?sslmode=x" }`, [
      "2:55: connections[0].connection_string: its sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full",
    ]],
    [`- { name: a, platform: postgres, conection_string: "${PG}", connection_string: "${PG}" }`, [
      '2:36: connections[0].conection_string: there is no such key: did you mean "connection_string"?',
    ]],
  ] as const;
  for (const [text, expected] of cases) {
    const reasons = await reasonsOf(`  ${text}`);
    assert.deepEqual(reasons, expected, text);
  }
});

Deno.test("a connection string that is in the file but unusable is not also missing", async () => {
  const text = "  - { name: a, platform: postgres, connection_string: '${TOKENIZE_NONE}' }";
  assert.equal((await reasonsOf(text)).length, 1);
});

Deno.test("two connections for the same names are a fault, and so are two of one name", async () => {
  const entry = (name: string, more = "") =>
    `  - { name: ${name}, platform: postgres, connection_string: "${PG}"${more} }\n`;
  assert.deepEqual(await reasonsOf(entry("a") + entry("b")), [
    '3:5: connections[1]: it is used for the same names as "a": give them different platform instances',
  ]);
  assert.deepEqual(await reasonsOf(entry("a"), { variables: { PG_CONN_STR: PG } }), [
    '2:5: connections[0]: it is used for the same names as "postgres": give them different platform instances',
  ]);
  assert.deepEqual(await reasonsOf(entry("a") + entry("b", ", platform_instance: eu")), []);
  assert.deepEqual(await reasonsOf(entry("a") + entry("A", ", databases: [other]")), [
    '3:5: connections[1]: there is another connection named "A"',
  ]);
});

Deno.test("warehouses of one platform instance must differ in their catalogs", async () => {
  const entry = (name: string, catalogs: string) =>
    `  - { name: ${name}, platform: databricks, connection_string: "${DBX}"${catalogs} }\n`;
  assert.deepEqual(
    await reasonsOf(entry("a", ", catalogs: [x]") + entry("b", ", catalogs: [y]")),
    [],
  );
  for (const catalogs of ["", ", catalogs: [x, y]"]) {
    const reasons = await reasonsOf(entry("a", ", catalogs: [x]") + entry("b", catalogs));
    assert.match(reasons.join(), /^3:5: connections\[1\]: it is used for the same names as "a"/);
  }
});
