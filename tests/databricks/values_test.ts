/** Every kind of value ends as its token, whichever way the work is done; and only once. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BOTH_WAYS, inClient, openAction } from "./action.ts";
import {
  literal,
  type Place,
  standInOnly,
  type TestTable,
  warehouseTest,
  withTable,
} from "./place.ts";

/** The dummy token, made in another way than the SDK makes it. */
function token(value: string): string {
  return `tok_${Buffer.from(value, "utf8").toString("base64")}_poc`;
}

async function valuesOf(place: Place, { sqlName }: TestTable, column = "v") {
  const rows = await place.sql(`SELECT ${column} AS v FROM ${sqlName} ORDER BY id`);
  return rows.map((row) => row.v as string | null);
}

/** Operations that wrote to a Delta table, the latest first, without the one that made it. */
async function writesTo(place: Place, { sqlName }: TestTable): Promise<string[]> {
  const rows = await place.sql(`DESCRIBE HISTORY ${sqlName}`);
  return rows.map((row) => String(row.operation)).filter((name) => !/CREATE/.test(name));
}

const HUNDRED = [
  "CREATE TABLE $t (id BIGINT, name STRING, email STRING)",
  "INSERT INTO $t SELECT id, concat('canary ', id), concat('canary', id, '@example.com') " +
  "FROM range(100)",
];

const CHARS = [
  "CREATE TABLE $t (id INT, c CHAR(40), v VARCHAR(40))",
  "INSERT INTO $t VALUES (1, 'ab', 'ab'), (2, '', ''), (3, NULL, NULL)",
];

for (const [method, sdk] of BOTH_WAYS) {
  const written = { pushdown: "UPDATE", client: "MERGE" }[method];

  warehouseTest(
    `${method}: the first run updates 100 rows in one write, the second none without a write`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const action = openAction(place, { sdk });
        const { run_id: _, elapsed_ms: __, residue, ...first } = await action.tokenize(table.urn, [
          "email",
          "name",
        ]);
        assert.deepEqual(first, {
          dataset_urn: table.urn,
          platform: "databricks",
          table: table.name,
          columns: ["email", "name"],
          dry_run: false,
          updated: 100,
          skipped: 0,
          foreign: 0,
          method,
        });
        assert.equal(residue?.[0]?.place, "history");
        assert.deepEqual(await writesTo(place, table), [written, "WRITE"]);
        assert.equal((await valuesOf(place, table, "name"))[7], token("canary 7"));
        assert.equal((await valuesOf(place, table, "email"))[99], token("canary99@example.com"));

        const second = await action.tokenize(table.urn, ["email", "name"]);
        assert.deepEqual([second.updated, second.skipped], [0, 100]);
        assert.deepEqual(await writesTo(place, table), [written, "WRITE"]);
      }),
  );

  warehouseTest(
    `${method}: unusual values get their tokens, and tokens and NULL are left alone`,
    (place) => {
      const plain = [
        "",
        " ",
        "Zoë 漢字 😀",
        "x".repeat(57),
        "x".repeat(58),
        "é".repeat(1000),
        "a line\n",
        "tok_YQ==_poc\n",
        "\r\n\t\b\f\u0001",
        "tok_YQ_poc",
        "tok_YR==_poc",
        "TOK_YQ==_poc",
        "xtok_YQ==_poc",
        `it's "quoted" \`back\` \\ back\\n %_ :batch ? -- /* ; $1 {{x}}`,
        '{"s0":"x"}',
        "\u{FFFD}",
        "e\u0301",
        "\u00e9",
        "Straße",
        "STRASSE",
      ];
      const kept = [null, token("done"), token("")];
      const values = [...plain, ...kept, ...plain.slice(0, 5)];
      const rows = values.map((value, id) => `(${id}, ${literal(value)})`);
      const statements = ["CREATE TABLE $t (id INT, v STRING)", `INSERT INTO $t VALUES ${rows}`];
      return withTable(place, statements, async (table) => {
        assert.deepEqual(await valuesOf(place, table), values);
        const action = openAction(place, { sdk });
        const first = await action.tokenize(table.urn, ["v"]);
        const expected = values.map((value) => kept.includes(value) ? value : token(value!));
        assert.deepEqual(await valuesOf(place, table), expected);
        assert.deepEqual([first.updated, first.skipped], [plain.length + 5, kept.length]);
        const second = await action.tokenize(table.urn, ["v"]);
        assert.deepEqual([second.updated, second.skipped], [0, values.length]);
      });
    },
  );

  warehouseTest(
    `${method}: in each of two columns, the values that are not yet tokens are replaced`,
    (place) =>
      withTable(place, [
        "CREATE TABLE $t (id INT, a STRING, b STRING, other STRING)",
        `INSERT INTO $t VALUES (1, 'x', ${literal(token("done"))}, 'x'), (2, NULL, 'y', 'y'), ` +
        `(3, 'x', 'y', NULL), (4, NULL, NULL, 'z'), (5, ${literal(token("x"))}, NULL, 'x')`,
      ], async (table) => {
        const report = await openAction(place, { sdk }).tokenize(table.urn, ["a", "b"]);
        assert.deepEqual([report.updated, report.skipped], [3, 2]);
        assert.deepEqual(
          await place.sql(`SELECT a, b, other FROM ${table.sqlName} ORDER BY id`),
          [
            { a: token("x"), b: token("done"), other: "x" },
            { a: null, b: token("y"), other: "y" },
            { a: token("x"), b: token("y"), other: null },
            { a: null, b: null, other: "z" },
            { a: token("x"), b: null, other: "x" },
          ],
        );
      }),
  );

  warehouseTest(
    `${method}: a value of a million characters is tokenized`,
    (place) =>
      withTable(place, [
        "CREATE TABLE $t (id INT, v STRING)",
        "INSERT INTO $t VALUES (1, repeat('a', 1000000)), (2, repeat('é', 1000000)), (3, 'short')",
      ], async (table) => {
        const action = openAction(place, { sdk });
        assert.equal((await action.tokenize(table.urn, ["v"])).updated, 3);
        const [row] = await place.sql(
          `SELECT count_if(v = concat('tok_', translate(base64(encode(o, 'UTF-8')), '\\r\\n', ''), ` +
            `'_poc')) AS right FROM ${table.sqlName} JOIN (VALUES (1, repeat('a', 1000000)), ` +
            `(2, repeat('é', 1000000)), (3, 'short')) AS old(id, o) USING (id)`,
        );
        assert.equal(Number(row!.right), 3);
        assert.equal((await action.tokenize(table.urn, ["v"])).updated, 0);
      }),
  );

  warehouseTest(
    `${method}: a partition column can be tokenized`,
    (place) =>
      withTable(place, [
        "CREATE TABLE $t (id INT, v STRING) PARTITIONED BY (v)",
        "INSERT INTO $t VALUES (1, 'a'), (2, 'b'), (3, 'a'), (4, NULL)",
      ], async (table) => {
        const action = openAction(place, { sdk });
        assert.equal((await action.tokenize(table.urn, ["v"])).updated, 3);
        assert.deepEqual(await valuesOf(place, table), [token("a"), token("b"), token("a"), null]);
        assert.equal((await action.tokenize(table.urn, ["v"])).updated, 0);
      }),
  );

  warehouseTest(
    `${method}: a dry run counts, and writes nothing`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const action = openAction(place, { sdk });
        const { updated, skipped, dry_run, method } = await action.tokenize(
          table.urn,
          ["name"],
          { dryRun: true },
        );
        assert.deepEqual([updated, skipped, dry_run, method], [100, 0, true, undefined]);
        assert.deepEqual(await writesTo(place, table), ["WRITE"]);
      }),
  );

  warehouseTest(
    `${method}: an empty table has nothing to update`,
    (place) =>
      withTable(place, ["CREATE TABLE $t (id INT, v STRING)"], async (table) => {
        const { updated, skipped } = await openAction(place, { sdk }).tokenize(table.urn, ["v"]);
        assert.deepEqual([updated, skipped], [0, 0]);
      }),
  );
}

warehouseTest(
  "pushdown: a value of char(n) is tokenized without its padding, and only once",
  (place) =>
    withTable(place, CHARS, async (table) => {
      const action = openAction(place);
      assert.equal((await action.tokenize(table.urn, ["c", "v"])).updated, 2);
      assert.deepEqual(
        (await valuesOf(place, table, "c")).map((value) => value?.trimEnd() ?? null),
        [token("ab"), token(""), null],
      );
      assert.deepEqual(await valuesOf(place, table), [token("ab"), token(""), null]);
      assert.equal((await action.tokenize(table.urn, ["c", "v"])).updated, 0);
    }),
);

standInOnly(
  "client: char(n) is refused where Delta cannot merge into it",
  (place) =>
    withTable(place, CHARS, async (table) => {
      const action = openAction(place, { sdk: inClient });
      const error = await action.fails("table_not_supported", table.urn, ["c", "v"]);
      assert.match(error.message, /char\(n\)/);
      assert.deepEqual(await writesTo(place, table), ["WRITE"]);
    }),
);

warehouseTest(
  "client: more values than fit into a statement are written in several",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (id INT, v STRING)",
      "INSERT INTO $t SELECT id, concat(id % 30, repeat('canary ', 60000)) FROM range(90)",
    ], async (table) => {
      const seen: number[] = [];
      const action = openAction(place, { sdk: inClient });
      const onProgress = ({ updated }: { updated: number }) => void seen.push(updated);
      const { updated, skipped } = await action.tokenize(table.urn, ["v"], { onProgress });
      assert.deepEqual([updated, skipped], [90, 0]);
      const merges = (await writesTo(place, table)).filter((name) => name === "MERGE");
      assert.ok(merges.length > 1, `${merges.length} statements`);
      assert.equal(seen.length, merges.length);
      assert.equal(seen.at(-1), 90);
      assert.equal((await action.tokenize(table.urn, ["v"])).updated, 0);
    }),
);
