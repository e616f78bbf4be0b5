/** What is refused before anything is written, and with which code. */
import assert from "node:assert/strict";
import type { TokenContext } from "../../src/tokens/token_sdk.ts";
import { BOTH_WAYS, inClient, openAction } from "./action.ts";
import {
  type Place,
  standInOnly,
  tableNamed,
  type TestTable,
  warehouseTest,
  withTable,
} from "./place.ts";

const MIXED = [
  "CREATE TABLE $t (id INT, name STRING, address STRUCT<street: STRING>, tags ARRAY<STRING>, d DATE)",
  "INSERT INTO $t VALUES (1, 'canary', named_struct('street', 'canary'), array('canary'), NULL)",
];

async function isUntouched(place: Place, { sqlName }: TestTable): Promise<void> {
  const history = await place.sql(`DESCRIBE HISTORY ${sqlName}`);
  assert.ok(!history.some(({ operation }) => operation === "UPDATE" || operation === "MERGE"));
}

warehouseTest(
  "a missing table, schema, catalog or column is not found",
  (place) =>
    withTable(place, MIXED, async (table) => {
      const action = openAction(place);
      const urn = (...parts: string[]) => tableNamed(place, parts as [string, string, string]).urn;
      const { catalog, schema } = place;
      await action.fails("table_not_found", urn(catalog, schema, "no_such_table"), ["name"]);
      await action.fails("table_not_found", urn(catalog, "no_such_schema", "t"), ["name"]);
      await action.fails("table_not_found", urn("no_such_catalog", schema, "t"), ["name"]);
      await action.fails("column_not_found", table.urn, ["name", "no_such_column"]);
    }),
);

warehouseTest(
  "columns that are not text are refused, and so are nested fields",
  (place) =>
    withTable(place, MIXED, async (table) => {
      const action = openAction(place);
      for (const column of ["id", "address", "tags", "d", "address.street"]) {
        const error = await action.fails("column_not_tokenizable", table.urn, ["name", column]);
        assert.match(error.message, new RegExp(`"${column}"`));
      }
      const path = "[version=2.0].[type=struct].[type=struct].address.[type=string].street";
      await action.fails("column_not_tokenizable", table.urn, [path]);
      await action.fails("invalid_request", table.urn, ["name", "NAME"]);
      await isUntouched(place, table);
    }),
);

warehouseTest(
  "views, tables of other formats and append-only tables are refused",
  (place) =>
    withTable(place, ["CREATE TABLE $t (v STRING)"], async (table) => {
      const view = `${table.name}_view`;
      const viewSql = table.sqlName.replace(/`$/, "_view`");
      await place.sql(`CREATE VIEW ${viewSql} AS SELECT * FROM ${table.sqlName}`);
      try {
        const action = openAction(place);
        const urn = table.urn.replace(table.name, view);
        const error = await action.fails("table_not_supported", urn, ["v"]);
        assert.match(error.message, /a view/);
      } finally {
        await place.sql(`DROP VIEW ${viewSql}`);
      }
      await place.sql(
        `INSERT INTO ${table.sqlName} VALUES ('canary')`,
        `ALTER TABLE ${table.sqlName} SET TBLPROPERTIES ('delta.appendOnly' = 'true')`,
      );
      for (const [, sdk] of BOTH_WAYS) {
        await openAction(place, { sdk }).fails("table_not_supported", table.urn, ["v"]);
      }
      await isUntouched(place, table);
      await place.sql(
        `ALTER TABLE ${table.sqlName} SET TBLPROPERTIES ('delta.appendOnly' = 'false')`,
      );
    }),
);

standInOnly(
  "a Parquet table is refused",
  (place) =>
    withTable(place, ["CREATE TABLE $t (v STRING) USING parquet"], async (table) => {
      const error = await openAction(place).fails("table_not_supported", table.urn, ["v"]);
      assert.match(error.message, /parquet/);
    }),
);

/** Spark's SQL cannot make generated columns, but it can open a table that has some. */
function generatedColumnLog(): string {
  const column = (name: string, metadata = {}) => ({
    name,
    type: "string",
    nullable: true,
    metadata,
  });
  const fields = [column("name"), column("g", { "delta.generationExpression": "lower(name)" })];
  const entries = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 4 } },
    {
      metaData: {
        id: crypto.randomUUID(),
        format: { provider: "parquet", options: {} },
        schemaString: JSON.stringify({ type: "struct", fields }),
        partitionColumns: [],
        configuration: {},
        createdTime: 0,
      },
    },
  ];
  return entries.map((entry) => JSON.stringify(entry)).join("\n") + "\n";
}

standInOnly(
  "a generated column is refused, and updated with the column it is computed from",
  async (place) => {
    const dir = await Deno.makeTempDir({ prefix: "generated-" });
    try {
      await Deno.mkdir(`${dir}/_delta_log`);
      await Deno.writeTextFile(`${dir}/_delta_log/00000000000000000000.json`, generatedColumnLog());
      await withTable(place, [
        `CREATE TABLE $t USING delta LOCATION 'file:${dir}'`,
        "INSERT INTO $t (name) VALUES ('CANARY')",
      ], async (table) => {
        for (const [, sdk] of BOTH_WAYS) {
          await openAction(place, { sdk }).fails("column_not_tokenizable", table.urn, ["g"]);
        }
        await isUntouched(place, table);
        await openAction(place).tokenize(table.urn, ["name"]);
        assert.deepEqual(
          await place.sql(`SELECT * FROM ${table.sqlName}`),
          [{ name: "tok_Q0FOQVJZ_poc", g: "tok_q0foqvjz_poc" }],
        );
      });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);

for (const [method, sdk] of BOTH_WAYS) {
  warehouseTest(
    `${method}: a CHECK constraint that rejects tokens leaves the table as it was`,
    (place) =>
      withTable(place, [
        "CREATE TABLE $t (id INT, v STRING)",
        "INSERT INTO $t VALUES (1, 'canary'), (2, 'b')",
        "ALTER TABLE $t ADD CONSTRAINT shortish CHECK (length(v) < 10)",
      ], async (table) => {
        const error = await openAction(place, { sdk }).fails("constraint_violation", table.urn, [
          "v",
        ]);
        assert.equal(error.facts.constraint, "shortish");
        assert.equal(error.facts.errorClass, "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES");
        assert.deepEqual(
          await place.sql(`SELECT v FROM ${table.sqlName} ORDER BY id`),
          [{ v: "canary" }, { v: "b" }],
        );
        await isUntouched(place, table);
      }),
  );

  warehouseTest(
    `${method}: a column too short for its tokens is refused before the first write`,
    (place) =>
      withTable(place, [
        "CREATE TABLE $t (id INT, v VARCHAR(15))",
        "INSERT INTO $t VALUES (1, 'abc'), (2, 'abcd'), (3, 'tok_YQ==_poc')",
      ], async (table) => {
        const action = openAction(place, { sdk });
        const error = await action.fails("value_too_long", table.urn, ["v"]);
        assert.match(
          error.message,
          /holds 15 characters, the tokens of some values are longer: widen it$/,
        );
        await action.fails("value_too_long", table.urn, ["v"], { dryRun: true });
        await isUntouched(place, table);
      }),
  );
}

warehouseTest(
  "a second run on the same table is refused during the first",
  (place) =>
    withTable(place, MIXED, async (table) => {
      const opened = Promise.withResolvers<void>();
      const proceed = Promise.withResolvers<void>();
      const sdk = {
        ...inClient,
        async tokenize(values: readonly string[], context: TokenContext) {
          opened.resolve();
          await proceed.promise;
          return await inClient.tokenize(values, context);
        },
      };
      const action = openAction(place, { sdk });
      const first = action.tokenize(table.urn, ["name"]);
      await opened.promise;
      await action.fails(
        "run_in_progress",
        table.urn.toUpperCase().replace(
          "URN:LI:DATASET:(URN:LI:DATAPLATFORM:DATABRICKS",
          "urn:li:dataset:(urn:li:dataPlatform:databricks",
        ),
        ["name"],
      );
      await openAction(place).fails("run_in_progress", table.urn, ["name"]);
      const dry = await action.tokenize(table.urn, ["name"], { dryRun: true });
      assert.equal(dry.updated, 1);
      proceed.resolve();
      assert.equal((await first).updated, 1);
      assert.equal((await action.tokenize(table.urn, ["name"])).updated, 0);
    }),
);
