/** From a dataset's name to its table, and from a column's to its column. */
import assert from "node:assert/strict";
import { BOTH_WAYS, openAction } from "./action.ts";
import { quoteIdentifier } from "../../src/platforms/databricks/identifiers.ts";
import { DUMMY_KNOWN } from "../verify/verifier.ts";
import { type Place, standInOnly, tableNamed, urnOf, warehouseTest, withTable } from "./place.ts";

const ONE_ROW = ["CREATE TABLE $t (v STRING)", "INSERT INTO $t VALUES ('x')"];

warehouseTest(
  "names are found in any case, and reported as the warehouse spells them",
  (place) =>
    withTable(
      place,
      ["CREATE TABLE $t (vAlue STRING)", "INSERT INTO $t VALUES ('x')"],
      async (table) => {
        const action = openAction(place);
        const report = await action.tokenize(urnOf(table.name.toUpperCase()), ["VALUE"]);
        assert.equal(report.table, table.name);
        assert.deepEqual(report.columns, ["vAlue"]);
        assert.equal(report.updated, 1);
      },
    ),
);

warehouseTest(
  "missing parts of a name come from the JDBC URL",
  (place) =>
    withTable(place, ONE_ROW, async (table) => {
      const { catalog, schema } = place;
      const [, , name] = table.name.split(".") as [string, string, string];
      const bare = place.jdbcUrl.replace(/;Conn(Catalog|Schema)=[^;]*/gi, "");
      const open = (...properties: string[]) => openAction(place, { jdbcUrl: bare, properties });
      const both = open(`ConnCatalog=${catalog}`, `connschema=${schema}`);
      for (const written of [table.name, `${schema}.${name}`, name]) {
        const { table: found } = await both.tokenize(urnOf(written), ["v"], { dryRun: true });
        assert.equal(found, table.name);
      }
      await open(`ConnCatalog=${catalog}`).fails("invalid_urn", urnOf(name), ["v"]);
      const error = await open().fails("invalid_urn", urnOf(`${schema}.${name}`), ["v"]);
      assert.match(error.message, /ConnCatalog/);
      await both.fails("invalid_urn", urnOf("a.b.c.d.e.f.g.h"), ["v"]);
    }),
);

warehouseTest(
  "a platform instance or a metastore may precede the catalog",
  (place) =>
    withTable(place, ONE_ROW, async (table) => {
      const { table: found } = await openAction(place).tokenize(
        urnOf(`eu-1.${table.name}`),
        ["v"],
        {
          dryRun: true,
        },
      );
      assert.equal(found, table.name);
    }),
);

warehouseTest(
  "columns with unusual names are tokenized by each method",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (`a``b` STRING, `c.d` STRING, `e f` STRING, `ñ,(x)` STRING, t STRING, b STRING) " +
      "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
    ], async (table) => {
      const columns = ["a`b", "c.d", "e f", "ñ,(x)", "t", "b"];
      for (const [, sdk] of BOTH_WAYS) {
        await place.sql(`INSERT INTO ${table.sqlName} VALUES ('1', '2', '3', '4', '5', '6')`);
        const { updated } = await openAction(place, { sdk }).tokenize(table.urn, columns);
        assert.equal(updated, 1);
      }
      const [row] = await place.sql(`SELECT DISTINCT * FROM ${table.sqlName}`);
      assert.deepEqual(Object.values(row!), [
        "tok_MQ==_poc",
        "tok_Mg==_poc",
        "tok_Mw==_poc",
        "tok_NA==_poc",
        "tok_NQ==_poc",
        "tok_Ng==_poc",
      ]);
    }),
);

/** Unity Catalog and Hive forbid odd names; Iceberg's catalog has them, in another catalog besides. */
standInOnly(
  "tables with unusual names, in a second catalog and of another format, are tokenized",
  async (place) => {
    const names = ["with blank", "with.dot", "with`backtick", "naïve, (Größe)", "%2C"];
    await place.sql("CREATE NAMESPACE IF NOT EXISTS main.`odd schema`");
    for (const [i, name] of names.entries()) {
      const [method, sdk] = BOTH_WAYS[i % 2]!;
      const table = tableNamed(place, ["main", "odd schema", name]);
      const text = quoteIdentifier("e.mail");
      try {
        await place.sql(
          `CREATE OR REPLACE TABLE ${table.sqlName} (id INT, ${text} STRING) USING iceberg`,
          `INSERT INTO ${table.sqlName} VALUES (1, 'x'), (2, 'x'), (3, NULL)`,
        );
        const action = openAction(place, { sdk });
        const first = await action.tokenize(table.urn, ["e.mail"]);
        assert.deepEqual(
          [first.table, first.updated, first.skipped, first.method],
          [table.name, 2, 1, method],
        );
        const second = await action.tokenize(table.urn, ["e.mail"]);
        assert.deepEqual([second.updated, second.skipped], [0, 3]);
        assert.deepEqual(
          await place.sql(`SELECT ${text} AS v FROM ${table.sqlName} ORDER BY id`),
          [{ v: "tok_eA==_poc" }, { v: "tok_eA==_poc" }, { v: null }],
        );
      } finally {
        await place.sql(`DROP TABLE IF EXISTS ${table.sqlName}`);
      }
    }
  },
);

standInOnly("a name that cannot exist does not start the warehouse", async (place) => {
  await openAction(place).fails("invalid_urn", urnOf("lonely"), ["v"]);
  assert.deepEqual(await place.control.requests(), []);
});

standInOnly("a name that fits two tables is refused", async (place) => {
  await place.sql(
    "CREATE NAMESPACE IF NOT EXISTS main.twin",
    "CREATE NAMESPACE IF NOT EXISTS main.`twin.a`",
  );
  const first = tableNamed(place, ["main", "twin", "a.b"]);
  const second = tableNamed(place, ["main", "twin.a", "b"]);
  try {
    for (const { sqlName } of [first, second]) {
      await place.sql(`CREATE OR REPLACE TABLE ${sqlName} (v STRING) USING iceberg`);
    }
    const action = openAction(place);
    const error = await action.fails("ambiguous_name", first.urn, ["v"]);
    assert.match(error.message, /"main"\."twin"\."a\.b"/);
    assert.match(error.message, /"main"\."twin\.a"\."b"/);
  } finally {
    for (const { sqlName } of [first, second]) await place.sql(`DROP TABLE IF EXISTS ${sqlName}`);
  }
});

standInOnly("a name with %2C means itself before it means a comma", async (place) => {
  await place.sql("CREATE NAMESPACE IF NOT EXISTS main.percent");
  const comma = tableNamed(place, ["main", "percent", "a,b"]);
  try {
    await place.sql(`CREATE OR REPLACE TABLE ${comma.sqlName} (v STRING) USING iceberg`);
    assert.match(comma.urn, /a%2Cb/);
    const { table } = await openAction(place).tokenize(comma.urn, ["v"]);
    assert.equal(table, comma.name);
    await place.sql("CREATE OR REPLACE TABLE main.percent.`a%2Cb` (v STRING) USING iceberg");
    await openAction(place).fails("ambiguous_name", comma.urn, ["v"]);
  } finally {
    await dropAll(place, [comma.sqlName, "main.percent.`a%2Cb`"]);
  }
});

async function dropAll(place: Place, names: readonly string[]): Promise<void> {
  for (const name of names) await place.sql(`DROP TABLE IF EXISTS ${name}`);
}

warehouseTest(
  "a misspelt table or column comes with the name of one that is there",
  (place) =>
    withTable(place, ["CREATE TABLE $t (email STRING)"], async (table) => {
      const action = openAction(place);
      const noTable = await action.fails("table_not_found", urnOf(`${table.name}s`), ["email"]);
      assert.ok(noTable.message.endsWith(`: did you mean "${table.name}"?`), noTable.message);
      const noColumn = await action.fails("column_not_found", urnOf(table.name), ["emial"]);
      assert.ok(noColumn.message.endsWith(': did you mean "email"?'), noColumn.message);
      const far = await action.fails("column_not_found", urnOf(table.name), ["phone"]);
      assert.ok(far.message.endsWith('it has no column "phone"'), far.message);
      const verify = (urn: string, column: string) => action.verify(urn, [column], DUMMY_KNOWN);
      await assert.rejects(verify(urnOf(`${table.name}s`), "email"), /did you mean "[^"]+"\?$/);
      await assert.rejects(verify(urnOf(table.name), "emial"), /did you mean "email"\?$/);
    }),
);
