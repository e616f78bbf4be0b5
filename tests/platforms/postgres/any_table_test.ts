/** Tables with any name and any content are tokenized in full, and a second run writes nothing. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { quoteIdentifier } from "../../../src/platforms/postgres/identifiers.ts";
import { assertReport } from "../../support/assertions.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { holds, postgresText } from "../../support/properties.ts";

const { sql, openAction, assertUnchanged } = await useDatabase();
await sql.unsafe(`create extension citext;
  create domain plain as text; create domain nested as plain check (length(value) < 1000)`);

const TYPES = [
  "text",
  "varchar",
  "varchar(2000)",
  "char(800)",
  "citext",
  "plain",
  "nested",
] as const;

const byteLength = (text: string) => new TextEncoder().encode(text).length;

/** A name of any characters except those that a URN would change. */
const name = fc.oneof(
  postgresText,
  fc.string({ unit: fc.constantFrom(..."aB.\"'`,()% \\;[]:$é漢") }),
).filter((text) => text.trim() !== "" && byteLength(text) <= 60)
  .filter((text) => !/^\[version=2.0\]|^urn:li:schemaField:|^\.|\.$|\.\./.test(text));

const table = fc.record({
  schema: name,
  name,
  columns: fc.uniqueArray(fc.record({ name, type: fc.constantFrom(...TYPES) }), {
    minLength: 1,
    maxLength: 4,
    selector: (column) => column.name,
  }),
  rows: fc.array(fc.array(fc.option(postgresText, { freq: 4 }), { minLength: 4, maxLength: 4 }), {
    maxLength: 25,
  }),
  isPartitioned: fc.boolean(),
  pushdown: fc.boolean(),
  commit: fc.constantFrom("atomic" as const, "batches" as const),
});

Deno.test("any table is tokenized in full, and a second run writes nothing", async () => {
  await holds(
    fc.asyncProperty(table, async ({ pushdown, commit, rows, ...made }) => {
      const sqlName = await makeTable(made, rows);
      await using action = openAction({ pushdown });
      try {
        const columns = made.columns.map((column) => column.name);
        const dataset = `${made.schema}.${made.name}`;
        const expected = await expectedRows(sqlName, made.columns);
        const first = await action.tokenize(dataset, columns, { commit });
        assert.deepEqual(await readRows(sqlName, made.columns), expected);
        const touched = rows.filter((row) => row.slice(0, columns.length).some((v) => v !== null));
        assertReport(first, { updated: touched.length, skipped: rows.length - touched.length });
        const second = await assertUnchanged(
          sqlName,
          () => action.tokenize(dataset, columns, { commit }),
        );
        assertReport(second, { updated: 0, skipped: rows.length });
      } finally {
        await sql.unsafe(`drop schema ${quoteIdentifier(made.schema)} cascade`);
      }
    }),
    30,
  );
});

/** A column name that is never generated. */
const KEY = "the row's own number";

type Columns = readonly { readonly name: string; readonly type: string }[];

async function makeTable(
  made: { schema: string; name: string; columns: Columns; isPartitioned: boolean },
  rows: readonly (readonly (string | null)[])[],
): Promise<string> {
  const [schema, own] = [made.schema, made.name].map(quoteIdentifier);
  const sqlName = `${schema}.${own}`;
  const columns = made.columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
  const all = [`"${KEY}" int`, ...columns].join(", ");
  await sql.unsafe(`create schema ${schema}`);
  await sql.unsafe(
    `create table ${sqlName} (${all})${made.isPartitioned ? ` partition by hash ("${KEY}")` : ""}`,
  );
  for (const i of made.isPartitioned ? [0, 1, 2] : []) {
    const part = `${schema}."part ${i} of a name that is never generated"`;
    await sql.unsafe(
      `create table ${part} partition of ${sqlName} for values with (modulus 3, remainder ${i})`,
    );
  }
  for (const [i, row] of rows.entries()) {
    const values = made.columns.map((_, column) => row[column] ?? null);
    const places = values.map((_, column) => `$${column + 2}::text`);
    await sql.unsafe(`insert into ${sqlName} values ($1, ${places.join(", ")})`, [i, ...values]);
  }
  return sqlName;
}

async function readRows(sqlName: string, columns: Columns): Promise<(string | null)[][]> {
  const list = columns.map((column) => `${quoteIdentifier(column.name)}::text`).join(", ");
  return [...await sql.unsafe(`select ${list} from ${sqlName} order by "${KEY}"`).values()];
}

/** The token of each value; of `char(n)`, as Postgres casts it to text, without the padding. */
async function expectedRows(sqlName: string, columns: Columns): Promise<(string | null)[][]> {
  const rows = await readRows(sqlName, columns);
  return rows.map((row) => row.map((value) => value === null ? null : tokenOf(value)));
}
