/**
 * The table is altered just before a run writes to it, for each method: the run fails with a reason or
 * succeeds, and changes nothing that it was not asked to change.
 */
import assert from "node:assert/strict";
import { SQL_APPLICATION } from "../../../scripts/servers/postgres/sql.ts";
import type { ErrorCode } from "../../../src/errors.ts";
import {
  type Action,
  dummySdk,
  type RunOptions,
  tokenOf,
  useDatabase,
} from "../../support/action_fixture.ts";
import { until } from "../../../scripts/servers/until.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";
import { WAYS_OF_WORK } from "./ways_of_work.ts";

const database = await useDatabase();
const { sql, openAction } = database;

const FEW = 500;
/** More than fit into a batch, at four rows a page. */
const MANY = 4600;

type Changes = Readonly<Record<string, readonly [statement: string, codes: readonly ErrorCode[]]>>;

/** The statement, and the codes that a run may fail with; none if it must succeed. */
const CHANGES: Changes = {
  "the column is dropped": ["alter table altered drop name", ["column_not_found", "conflict"]],
  "the column is renamed": [
    "alter table altered rename name to called",
    ["column_not_found", "conflict"],
  ],
  "its type is changed to a shorter one": [
    "alter table altered alter name type varchar(12)",
    ["value_too_long", "conflict"],
  ],
  "its type is changed to a number": [
    "alter table altered alter name type int using id",
    ["column_not_tokenizable", "conflict", "database_error"],
  ],
  "the table is dropped": ["drop table altered", ["table_not_supported", "table_not_found"]],
  "the table is emptied": ["truncate altered", []],
  "an index is made": ["create index on altered (name)", []],
  "a trigger is added": [
    "create trigger thief before update on altered for each row execute function steal()",
    ["table_not_supported", "conflict"],
  ],
  "another table takes the name": [
    "alter table altered rename to gone; alter table impostor rename to altered",
    ["conflict"],
  ],
  "another table begins to inherit from it": [
    "alter table impostor inherit altered",
    ["conflict"],
  ],
};

/** The tokens that are written already have to fit. */
const BETWEEN_BATCHES: Changes = {
  ...CHANGES,
  "its type is changed to a shorter one": [
    "alter table altered alter name type varchar(200)",
    ["conflict"],
  ],
};

await sql.unsafe(`create table stolen (name text); create function steal() returns trigger
  language plpgsql as $$begin insert into public.stolen values (old.name); return new; end$$`);

for (const [way, { options, run }] of Object.entries(WAYS_OF_WORK)) {
  for (const [title, [statement, codes]] of Object.entries(CHANGES)) {
    Deno.test(`${title} right after the look-up (${way})`, async () => {
      await makeTables(FEW);
      await using other = database.connect();
      await using action = openAction({
        ...options,
        tokenSdk: async () => {
          await other.unsafe(statement);
          return dummySdk;
        },
      });
      await endsAs(codes, action, run);
      await nothingElseChanged();
    });
  }
}

for (const [title, [statement, codes]] of Object.entries(BETWEEN_BATCHES)) {
  Deno.test(`${title} between two batches`, async () => {
    await makeTables(MANY);
    await using other = database.connect();
    const gate = gatedSdk();
    await using action = openAction({ tokenSdk: gate.sdk });
    const run = endsAs(codes, action, { commit: "batches", connections: 1 });
    await gate.reached;
    let isDone = false; // at once, or once the batch is over
    const altered = other.unsafe(statement).then(() => void (isDone = true));
    try {
      await until(async () =>
        isDone ||
        (await database.sessions(SQL_APPLICATION)).some((each) => each.wait_event_type === "Lock")
      );
    } finally {
      gate.open();
    }
    await Promise.all([altered, run]);
    await nothingElseChanged();
  });
}

async function makeTables(rows: number): Promise<void> {
  await sql.unsafe(`drop table if exists altered, gone, impostor; truncate stolen;
    create table altered (id int, name text, note text);
    insert into altered select n, 'canary ' || n, 'note ' || n || repeat('x', 1850)
    from generate_series(1, ${rows}) n;
    create table impostor (id int, name text, note text);
    insert into impostor select n, 'canary ' || n, 'note ' || n || repeat('x', 1850)
    from generate_series(1, ${rows}) n`);
}

/** The run fails with one of these codes; without any, it succeeds. */
async function endsAs(
  codes: readonly ErrorCode[],
  action: Action,
  run: RunOptions,
): Promise<void> {
  if (codes.length > 0) await action.fails(codes, "public.altered", ["name"], run);
  else await action.tokenize("public.altered", ["name"], run);
}

/** Other columns and tables are as they were. The column holds values and their own tokens. */
async function nothingElseChanged(): Promise<void> {
  const tables = await sql`select relname as name, array_agg(attname::text) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0 and not attisdropped
    where relname in ('altered', 'gone', 'impostor') and relkind = 'r' group by 1`;
  for (const { name, columns } of tables) {
    const column = columns.includes("called") ? "called" : columns.includes("name") ? "name" : "id";
    const rows = await sql.unsafe(
      `select id, note, ${column}::text as value from ${name} order by id`,
    );
    for (const { id, note, value } of rows) {
      assert.ok(note.startsWith(`note ${id}x`));
      const canBe = [`canary ${id}`, tokenOf(`canary ${id}`), String(id)];
      assert.ok(canBe.includes(value) || `canary ${id}`.startsWith(value), `${name}: ${value}`);
    }
  }
  const impostor = tables.some(({ name }) => name === "gone") ? "altered" : "impostor";
  const [touched] = await sql.unsafe(
    `select count(*)::int as rows from ${impostor} where name like 'tok%'`,
  );
  assert.equal(tables.length === 0 ? 0 : touched!.rows, 0, "another table was written to");
  assert.equal((await sql`select from stolen`).length, 0, "values were copied elsewhere");
}
