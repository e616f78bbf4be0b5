/** Of a plain table the quick look-up says all that the thorough one says; no other table passes for plain. */
import assert from "node:assert/strict";
import { quoteIdentifier } from "../../../src/platforms/postgres/identifiers.ts";
import { findAnalyzableStatement } from "../../../src/platforms/postgres/sql/find_analyzable.ts";
import {
  type FindResidueRow,
  findResidueStatement,
} from "../../../src/platforms/postgres/sql/find_residue.ts";
import {
  type FindTablesRow,
  findTablesStatement,
  type LookUp,
} from "../../../src/platforms/postgres/sql/find_tables.ts";
import type { TableMetadata } from "../../../src/platforms/postgres/table.ts";
import { tokenizing } from "../../../src/tokens/conversion.ts";
import { dummySdk, useDatabase } from "../../support/action_fixture.ts";

const { sql } = await useDatabase();
const [{ version }] = await sql`select current_setting('server_version_num')::int as version` as [
  { version: number },
];

async function lookUp(table: string, how: LookUp): Promise<TableMetadata | undefined> {
  const [{ database }] = await sql`select current_database() as database` as [
    { database: string },
  ];
  const names = ["", database, "public", table].map((name) => `{${quoteIdentifier(name)}}`);
  const statement = sql.unsafe(findTablesStatement(how), [...names, "{name,email}", "false"]);
  const [row] = await statement.values() as [FindTablesRow];
  return row[1][0];
}

const PLAIN: Readonly<Record<string, string>> = {
  "columns of text": "create table t (id int, name text, email text)",
  "keys and indexes":
    `create table t (id int primary key, name text not null, email varchar(80) unique);
    create index on t (name, email); create index on t using hash (name)`,
  "every built-in text type, a collation, a storage":
    `create table t (id uuid, born date, tags text[],
    name varchar(80) collate "C", email char(40)); alter table t alter name set storage external`,
  "defaults, sequences and identity":
    `create table t (id int generated always as identity, no serial,
    name text default lower('A'), email text default now()::text)`,
  "a column of another type": "create table t (name int, email json)",
  "a dropped column of a domain": `create domain gone as text; create table t (old gone, name text);
    alter table t drop old; drop domain gone`,
  "a view on it": "create table t (name text, email text); create view v as select * from t",
};

const NOT_PLAIN: Readonly<Record<string, string>> = {
  "a trigger": `create table t (name text); create function f() returns trigger language plpgsql
    as 'begin return new; end'; create trigger g before update on t for each row execute function f()`,
  "a rule": "create table t (name text); create rule r as on update to t do also notify n",
  "a foreign key from it": `create table u (id text primary key);
    create table t (name text references u)`,
  "a foreign key to it": `create table t (name text primary key);
    create table u (id text references t)`,
  "a foreign key to itself": "create table t (name text primary key, email text references t)",
  "a partition": `create table t (name text) partition by list (name);
    create table u partition of t default`,
  "a parent": "create table p (name text); create table t () inherits (p)",
  "a child": "create table t (name text); create table c () inherits (t)",
  "a check": "create table t (name text check (name <> ''))",
  "an exclusion": "create table t (name text, exclude using hash (name with =))",
  "an index on an expression": "create table t (name text); create index on t (lower(name))",
  "a partial index": "create table t (name text); create index on t (name) where name <> ''",
  "an operator class of others": `create table t (name text);
    create function c(text, text) returns int language sql immutable as 'select 0';
    create operator class o for type text using btree as
      operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 c(text, text);
    create index on t (name o)`,
  "extended statistics":
    "create table t (name text, email text); create statistics s on name, email from t",
  "a generated column":
    "create table t (name text, g text generated always as (name || 'x') stored)",
  "a domain": "create domain d as text; create table t (name d)",
  "a domain of another column": "create domain d as int; create table t (name text, id d)",
  "a built-in domain": "create table t (name information_schema.sql_identifier)",
  "a type of an extension": "create extension citext; create table t (name citext)",
  "a publication": `create table t (name text);
    create publication p; alter publication p add table t`,
  "a masked role": `create table t (name text);
    insert into pg_shseclabel values (10, 'pg_authid'::regclass, 'plain_tables_test', 'MASKED')`,
  "a masking extension": `create table t (name text); insert into pg_extension
    (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (999999, 'pg_columnmask', 10, 'pg_catalog'::regnamespace, false, '1.0')`,
  "a view": "create view t as select 'x'::text as name",
  ...(version >= 180000 && {
    "a foreign key to it that is not enforced": `create table t (name text primary key);
      create table u (id text references t not enforced)`,
    "a virtual column": "create table t (name text, g text generated always as (name) virtual)",
  }),
};

/** Does `work` with what `made` makes, which is undone. */
async function having(made: string, work: () => Promise<void>): Promise<void> {
  await sql.unsafe("begin");
  try {
    await sql.unsafe(made);
    await work();
  } finally {
    await sql.unsafe("rollback");
  }
}

for (const [what, made] of Object.entries(PLAIN)) {
  Deno.test(`a table is looked up as a plain one, and as thoroughly, with ${what}`, async () => {
    await having(made, async () => {
      const [plain, any] = [await lookUp("t", "plain"), await lookUp("t", "exact")];
      assert.equal(plain!.isPlain, true);
      const { fingerprint, isPlain, ...known } = any!;
      assert.notEqual(plain!.fingerprint, fingerprint);
      assert.deepEqual(plain, { ...known, isPlain: !isPlain, fingerprint: plain!.fingerprint });
    });
  });
}

Deno.test("what is left of the values of a plain table is found as thoroughly", async () => {
  const made = `create table t (id int primary key, name text unique, email char(40));
    create index on t using hash (email); create index on t (id) include (email);
    insert into t select n, 'canary ' || n, 'canary' from generate_series(1, 20) n; analyze t;
    create view v as select name from t; create materialized view m as select * from v`;
  const { selects } = tokenizing(dummySdk);
  await having(made, async () => {
    const { isPlain, oid, canMaintain } = (await lookUp("t", "plain"))!;
    assert.equal(isPlain, true);
    const search = async (how: { isPlain: boolean }) => {
      const parameters = [String(oid), "{name,email}", "{email}"];
      const statement = sql.unsafe(findResidueStatement(selects, how), parameters);
      const [[found]] = await statement.values() as [FindResidueRow];
      return found;
    };
    const found = await search({ isPlain });
    assert.deepEqual(found, await search({ isPlain: false }));
    const { tables, vacuumable, inStatistics, indexes, materializedViews } = found;
    assert.deepEqual([tables, vacuumable, inStatistics], [["t"], ["t"], ["t"]]);
    assert.deepEqual(indexes, ["t_id_email_idx", "t_name_key"]);
    assert.deepEqual(materializedViews, ["m"]);
    const analyzable = await sql.unsafe(findAnalyzableStatement(), [String(oid)]).values();
    assert.equal(canMaintain, analyzable.length > 0);
  });
});

for (const [what, made] of Object.entries(NOT_PLAIN)) {
  Deno.test(`a table is not plain if it is or has ${what}`, async () => {
    await having(made, async () => {
      assert.equal((await lookUp("t", "plain"))!.isPlain, false);
      assert.equal((await lookUp("t", "exact"))!.isPlain, false);
    });
  });
}
