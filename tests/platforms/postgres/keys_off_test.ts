/** Foreign keys and triggers that are off: by a setting of the session, or by the tables themselves. */
import assert from "node:assert/strict";
import { testUnless } from "../../support/skipping.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql, openAction, valuesOf, assertUnchanged, createUser, serverVersion } = database;

async function makeTables(): Promise<void> {
  await sql.unsafe(`drop table if exists orders, people;
    create table people (id int, email text primary key);
    create table orders (id int, email text constraint to_people references people on update cascade);
    insert into people select n, 'canary' || n from generate_series(1, 5) n;
    insert into orders select n, 'canary' || n from generate_series(1, 5) n`);
}

const OFF: readonly (readonly [what: string, statement: string, sinceVersion: number])[] = [
  ["the triggers of the referenced table", "alter table people disable trigger all", 12],
  ["the triggers of the referring table", "alter table orders disable trigger all", 12],
  ["the key itself", "alter table orders alter constraint to_people not enforced", 18],
];

for (const pushdown of [false, true]) {
  const way = pushdown ? "pushdown" : "client";

  Deno.test(`a superuser whose sessions are replicas carries changes over keys all the same (${way})`, async () => {
    await makeTables();
    const user = await createUser(
      "alter role $user superuser",
      "alter role $user set session_replication_role = replica",
    );
    await using action = openAction({ as: user, pushdown });
    assert.equal((await action.tokenize("public.people", ["email"])).updated, 5);
    assert.deepEqual((await valuesOf("orders", "email"))[0], tokenOf("canary1"));
  });

  Deno.test(`a role that is a replica and may not change that is refused (${way})`, async () => {
    await makeTables();
    const user = await createUser(
      "grant select, update on people to $user",
      "alter role $user set session_replication_role = replica",
    );
    await using action = openAction({ as: user, pushdown });
    const error = await assertUnchanged(
      "people",
      () => action.fails("permission_denied", "public.people", ["email"]),
    );
    assert.match(error.message, /session_replication_role/);
  });

  for (const [what, statement, sinceVersion] of OFF) {
    const tooOld = serverVersion < sinceVersion ? `it needs PostgreSQL ${sinceVersion}` : undefined;
    for (const table of ["people", "orders"]) {
      testUnless(
        tooOld,
        `a key that is off by ${what} refuses ${table} and names it (${way})`,
        async () => {
          await makeTables();
          await sql.unsafe(statement);
          await using action = openAction({ pushdown });
          for (const dryRun of [true, false]) {
            const error = await assertUnchanged(
              table,
              () => action.fails("table_not_supported", `public.${table}`, ["email"], { dryRun }),
            );
            assert.match(error.message, /switched off or not enforced.*\("to_people"\)/);
          }
        },
      );
    }
  }
}

Deno.test("a trigger that fires on replicas alone does not stand in the way, and does not fire", async () => {
  await makeTables();
  await sql.unsafe(`create function fails() returns trigger language plpgsql as
    $$begin raise exception 'it fired'; end$$;
    create trigger fails before update on people for each row execute function fails();
    alter table people enable replica trigger fails`);
  await using action = openAction();
  assert.equal((await action.tokenize("public.people", ["email"])).updated, 5);
});
