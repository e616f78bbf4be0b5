/** Which connection a dataset's URN picks. No database is asked. */
import assert from "node:assert/strict";
import { parseDatasetUrn } from "../../src/datahub/dataset_urn.ts";
import { ServiceError } from "../../src/errors.ts";
import { databricksPlatform } from "../../src/platforms/databricks/databricks_platform.ts";
import { postgresPlatform } from "../../src/platforms/postgres/postgres_platform.ts";
import { selectPlatform } from "../../src/platforms/select_platform.ts";
import { configOf } from "../config/sources.ts";

const KNOWN = new Map([["postgres", "PG_CONN_STR"], ["databricks", "DBX_JDBC_URL"]]);
const PG = "connection_string: 'postgres://u:p@h/app'";
const DBX = "connection_string: 'jdbc:databricks://h;httpPath=/p;AuthMech=3;PWD=t";

/** A way to ask which of the connections, as the configuration file lists them, a name picks. */
async function selector(entries: readonly string[]) {
  const text = ["connections:", ...entries.map((entry) => `  - { ${entry} }`)].join("\n");
  const { connections, postgresLimits } = await configOf(text);
  const platforms = new Map(connections.map((each) => {
    const { platformInstance } = each;
    const platform = each.platform === "postgres"
      ? postgresPlatform(each.settings, {
        ...postgresLimits,
        allowTriggers: false,
        platformInstance,
      })
      : databricksPlatform(each.settings, {
        scope: { platformInstance, databases: each.catalogs },
      });
    return [each.name, platform] as const;
  }));
  return (name: string, platform = "postgres"): string => {
    const urn = `urn:li:dataset:(urn:li:dataPlatform:${platform},${name},PROD)`;
    try {
      const selected = selectPlatform(parseDatasetUrn(urn), platforms, KNOWN);
      return [...platforms].find(([, each]) => each === selected)![0];
    } catch (error) {
      assert.ok(error instanceof ServiceError);
      return `${error.code}: ${error.message}`;
    }
  };
}

Deno.test("the only connection of a platform is used for any name", async () => {
  const pick = await selector([`name: app, platform: postgres, ${PG}`]);
  for (const name of ["app.public.t", "eu.app.public.t", "other.public.t", "t"]) {
    assert.equal(pick(name), "app");
  }
  assert.match(pick("a.b.c", "databricks"), /^platform_not_configured: /);
  assert.match(pick("a.b.c", "oracle"), /^unsupported_platform: /);
});

Deno.test("several connections are told apart by the database in the name", async () => {
  const pick = await selector([
    `name: app, platform: postgres, ${PG}`,
    `name: crm, platform: postgres, databases: [crm, shop], ${PG}`,
  ]);
  assert.equal(pick("app.public.t"), "app");
  assert.equal(pick("crm.public.t"), "crm/crm");
  assert.equal(pick("shop.public.t.with.dots"), "crm/shop");
  assert.equal(pick("SHOP.public.t"), "crm/shop");
  assert.equal(
    pick("other.public.t"),
    'wrong_database: Cannot route the dataset: no connection of platform "postgres" is for a platform ' +
      'instance and database in "other.public.t" (have: "app" (database app), ' +
      '"crm/crm" (database crm), "crm/shop" (database shop))',
  );
  assert.match(pick("t"), /^wrong_database: /);
});

Deno.test("a platform instance is part of the name, and none is not any", async () => {
  const pick = await selector([
    `name: app, platform: postgres, ${PG}`,
    `name: eu, platform: postgres, platform_instance: eu, ${PG}`,
    `name: us, platform: postgres, platform_instance: us.east, ${PG}`,
  ]);
  assert.equal(pick("app.public.t"), "app");
  assert.equal(pick("eu.app.public.t"), "eu");
  assert.equal(pick("us.east.app.public.t"), "us");
  assert.match(
    pick("asia.app.public.t"),
    /^wrong_database: .*"eu" \(platform instance eu, database app\)/,
  );
});

Deno.test("the only connection with a platform instance is not used for other names", async () => {
  const pick = await selector([`name: eu, platform: postgres, platform_instance: eu, ${PG}`]);
  assert.equal(pick("eu.app.public.t"), "eu");
  assert.match(pick("app.public.t"), /^wrong_database: /);
  assert.match(pick("us.app.public.t"), /^wrong_database: /);
});

Deno.test("names that differ in case alone pick by their exact spelling first", async () => {
  const pick = await selector([
    `name: lower, platform: postgres, databases: [crm], ${PG}`,
    `name: upper, platform: postgres, databases: [CRM], ${PG}`,
  ]);
  assert.equal(pick("crm.public.t"), "lower");
  assert.equal(pick("CRM.public.t"), "upper");
  assert.match(
    pick("Crm.public.t"),
    /^ambiguous_name: .* fits the connections "lower" \(database crm\), "upper" \(database CRM\): give /,
  );
});

Deno.test("a name that can be split in two ways may fit two connections, which is an error", async () => {
  const pick = await selector([
    `name: plain, platform: postgres, databases: [eu], ${PG}`,
    `name: eu, platform: postgres, platform_instance: eu, databases: [app], ${PG}`,
  ]);
  assert.equal(pick("eu.public.t"), "plain");
  assert.match(pick("eu.app.public.t"), /^ambiguous_name: .*"plain" .*"eu" /);
});

Deno.test("warehouses are told apart by their catalogs, that of a short name is in its JDBC URL", async () => {
  const pick = await selector([
    `name: sales, platform: databricks, catalogs: [sales], ${DBX};ConnCatalog=sales'`,
    `name: hr, platform: databricks, catalogs: [hr, people], ${DBX}'`,
  ]);
  assert.equal(pick("sales.s.t", "databricks"), "sales");
  assert.equal(pick("s.t", "databricks"), "sales");
  assert.equal(pick("people.s.t", "databricks"), "hr");
  assert.match(pick("other.s.t", "databricks"), /^wrong_database: .*\(catalog hr or people\)/);
});
