/** Code in the database that runs with the role's rights: it runs only if the environment says so, and shows nothing. */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet } from "../../scripts/servers/test_keys.ts";
import { tokenOf, urnOf, useDatabase } from "../support/action_fixture.ts";
import { type Program, runProgram } from "../support/program.ts";

/** Raises an error that has the old and the new text in each of its fields, and in its SQLSTATE. */
const RAISE = `raise '% %', old.v, new.v using detail = old.v, hint = old.v, constraint = old.v,
  column = old.v, table = old.v, schema = old.v, datatype = old.v`;

/** What must be true of any build of the program. */
export async function codeOfOthersSuite(program: Program): Promise<void> {
  const database = await useDatabase();
  const { sql } = database;
  const dir = await Deno.makeTempDir();
  Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const dataset = (table: string, column: string) => [
    "--urn",
    urnOf(`${database.name}.${table}`),
    "--columns",
    column,
  ];

  test("ALLOW_TABLE_FUNCTIONS decides whether functions of others run", async () => {
    const mallory = await database.createUser("create schema authorization $user");
    const table = `${mallory.name}.people`;
    await sql.unsafe(`set role ${mallory.name};
      create sequence ${mallory.name}.calls;
      create table ${table} (id int, v text);
      insert into ${table} select n, 'canary ' || n from generate_series(1, 20) n;
      create function ${mallory.name}.is_fine(text) returns boolean language sql volatile security definer
        as $$ select nextval('${mallory.name}.calls') > 0 $$;
      alter table ${table} add constraint fine check (${mallory.name}.is_fine(v)) not valid;
      reset role`);
    const clerk = await database.createUser(
      `grant usage on schema ${mallory.name} to $user`,
      `grant select, update on ${table} to $user`,
    );
    const run = (value?: string) =>
      runProgram(program, ["run", ...dataset(table, "v"), "--json"], {
        PG_CONN_STR: clerk.url,
        ...(value !== undefined && { ALLOW_TABLE_FUNCTIONS: value }),
      });
    const calls = async () =>
      (await sql.unsafe(`select is_called from ${mallory.name}.calls`))[0]!.is_called;
    for (const value of [undefined, "false"]) {
      const { code, stdout, stderr } = await run(value);
      assert.equal(code, 1);
      assert.equal(JSON.parse(stdout).code, "table_not_supported");
      assert.match(stderr, /constraint "fine": function "\w+\.is_fine" of "\w+"/);
      assert.match(stderr, /set ALLOW_TABLE_FUNCTIONS=true to let them/);
    }
    assert.equal(await calls(), false);
    const { code, stdout, stderr } = await run("true");
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).updated, 20);
    assert.equal(await calls(), true);
    assert.equal((await run("maybe")).code, 2);
  });

  for (const commit of ["atomic", "batches"]) {
    test(`what a trigger raises during rotate shows neither values nor tokens (${commit})`, async () => {
      await sql.unsafe(`drop table if exists raising; create table raising (id int, v text);
        insert into raising values (1, '${tokenOf("canary one")}'), (2, '${tokenOf("canary two")}');
        create or replace function raise_it() returns trigger language plpgsql as
          $$ begin ${RAISE}, errcode = 'CANRY'; end $$;
        create trigger raises before update on raising for each row execute function raise_it()`);
      const keyFile = `${dir}/keys.json`;
      await Deno.writeTextFile(keyFile, jwkSet(await hmacJwk("h1")), { mode: 0o600 });
      const args = ["rotate", ...dataset("public.raising", "v"), "--from", "dummy"];
      const { code, stdout, stderr } = await database.assertUnchanged(
        "raising",
        () =>
          runProgram(program, [...args, "--commit", commit], {
            PG_CONN_STR: database.url,
            TOKEN_SDK_MODE: "hmac-sha256",
            TOKEN_KEYS_FILE: keyFile,
            ALLOW_TRIGGERS: "true",
            LOG_LEVEL: "debug",
          }),
      );
      assert.equal(code, 1);
      assert.equal(JSON.parse(stdout).code, "database_error");
      assert.match(stderr, /an SQLSTATE that is not PostgreSQL's own/);
      assert.doesNotMatch(stdout + stderr, /CANRY|tok_|tk1_/);
    });
  }
}
