/** Privileges: the smallest sets that are enough; a missing one is named before anything is read. */
import assert from "node:assert/strict";
import type { TokenSdk } from "../../../src/tokens/token_sdk.ts";
import { assertReport } from "../../support/assertions.ts";
import { clientSdk, dummySdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";

const { sql, openAction, valuesOf, assertUnchanged, createUser } = await useDatabase();

/** An SDK that only works outside the database, as one with a key does. */

async function makePeople(table: string): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text, email text, secret text);
    insert into ${table} select n, 'canary ' || n, 'e' || n, 's' from generate_series(1, 20) n`);
}

Deno.test("SELECT and UPDATE on the table are enough", async () => {
  await makePeople("plain");
  const user = await createUser("grant select, update on plain to $user");
  await using action = openAction({ as: user, tokenSdk: clientSdk });
  const report = await action.tokenize("public.plain", ["name", "email"]);
  assertReport(report, { updated: 20, skipped: 0, method: "client" });
});

Deno.test("SELECT and UPDATE on the columns, with SELECT on ctid and tableoid, are enough", async () => {
  await makePeople("by_column");
  const user = await createUser(
    "grant select (name, ctid, tableoid), update (name) on by_column to $user",
  );
  await using action = openAction({ as: user, tokenSdk: clientSdk });
  const report = await action.tokenize("public.by_column", ["name"]);
  assertReport(report, { updated: 20, skipped: 0, method: "client" });
  const again = await action.tokenize("public.by_column", ["name"]);
  assertReport(again, { updated: 0, skipped: 20 });
});

Deno.test("a role without SELECT on ctid and tableoid uses pushdown", async () => {
  await makePeople("no_address");
  const user = await createUser(
    "grant select (name, email), update (name, email) on no_address to $user",
  );
  await sql`update no_address set email = ${tokenOf("e1")} where id = 1`;
  await sql`update no_address set name = null where id = 2`;
  await sql`update no_address set name = ${tokenOf("x")}, email = null where id = 3`;
  await sql`update no_address set name = ${"é".repeat(100)} where id = 4`;
  await using action = openAction({ as: user });
  const look = await action.tokenize("public.no_address", ["name", "email"], { dryRun: true });
  assertReport(look, { updated: 19, skipped: 1 });
  const report = await action.tokenize("public.no_address", ["name", "email"]);
  assertReport(report, { updated: 19, skipped: 1, method: "pushdown" });
  const expected = Array.from({ length: 20 }, (_, i) => tokenOf(`canary ${i + 1}`));
  expected.splice(1, 3, null!, tokenOf("x"), tokenOf("é".repeat(100)));
  assert.deepEqual(await valuesOf("no_address", "name"), expected);
  const again = await assertUnchanged(
    "no_address",
    () => action.tokenize("public.no_address", ["name", "email"]),
  );
  assertReport(again, { updated: 0, skipped: 20 });
});

Deno.test("with an SDK that has no SQL expression, the error names the missing grant", async () => {
  await makePeople("needs_address");
  const user = await createUser(
    "grant select (name), update (name) on needs_address to $user",
  );
  await using action = openAction({ as: user, tokenSdk: clientSdk });
  const error = await assertUnchanged(
    "needs_address",
    () => action.fails("permission_denied", "public.needs_address", ["name"]),
  );
  assert.match(error.message, /grant SELECT on the table, or SELECT \(ctid, tableoid\)/);
});

Deno.test("an SDK may be a class", async () => {
  await makePeople("with_class");
  class ClassSdk implements TokenSdk {
    readonly pattern = dummySdk.pattern;
    tokenize = dummySdk.tokenize;
    maxTokenLength = dummySdk.maxTokenLength;
    readonly #expression = dummySdk.sqlExpression!;
    sqlExpression(dialect: "postgres" | "spark", operand: string): string {
      return this.#expression(dialect, operand);
    }
  }
  const user = await createUser(
    "grant select (name), update (name) on with_class to $user",
  );
  await using action = openAction({ as: user, tokenSdk: new ClassSdk() });
  assert.equal((await action.tokenize("public.with_class", ["name"])).updated, 20);
});

const TOO_LITTLE = [
  { title: "no privilege at all", grants: [], lacks: /lacks SELECT and UPDATE on column "name"$/ },
  { title: "SELECT only", grants: ["select"], lacks: /lacks UPDATE on column "name"$/ },
  { title: "UPDATE only", grants: ["update"], lacks: /lacks SELECT on column "name"$/ },
  {
    title: "privileges on another column",
    grants: ["select (email, ctid, tableoid)", "update (email)"],
    lacks: /lacks SELECT and UPDATE on column "name"$/,
  },
] as const;

for (const [i, { title, grants, lacks }] of TOO_LITTLE.entries()) {
  Deno.test(`a role with ${title} is refused`, async () => {
    const table = `too_little_${i}`;
    await makePeople(table);
    const user = await createUser(
      ...grants.map((grant) => `grant ${grant} on ${table} to $user`),
    );
    await using action = openAction({ as: user });
    for (const dryRun of [false, true]) {
      const error = await assertUnchanged(
        table,
        () => action.fails("permission_denied", `public.${table}`, ["name"], { dryRun }),
      );
      assert.match(error.message, lacks);
    }
  });
}

Deno.test("a role without USAGE on the schema is refused", async () => {
  await sql`create schema closed`;
  await makePeople("closed.people");
  const user = await createUser("grant select, update on closed.people to $user");
  await using action = openAction({ as: user });
  const error = await assertUnchanged(
    "closed.people",
    () => action.fails("permission_denied", "closed.people", ["name"]),
  );
  assert.match(error.message, /the role lacks USAGE on schema "closed"$/);
});

Deno.test("privileges inherited from another role count", async () => {
  await makePeople("by_group");
  const group = await createUser("grant select, update on by_group to $user");
  const user = await createUser(`grant ${group.name} to $user`);
  await using action = openAction({ as: user });
  assert.equal((await action.tokenize("public.by_group", ["name"])).updated, 20);
});

Deno.test("row-level security is refused, not silently applied", async () => {
  await makePeople("secured");
  await sql`alter table secured enable row level security`;
  await sql`create policy only_some on secured using (id <= 10)`;
  const user = await createUser("grant select, update on secured to $user");
  await using action = openAction({ as: user });
  for (const dryRun of [false, true]) {
    const error = await assertUnchanged(
      "secured",
      () => action.fails("permission_denied", "public.secured", ["name"], { dryRun }),
    );
    assert.match(error.message, /row-level security hides rows from this role: give it BYPASSRLS$/);
  }
});

Deno.test("row-level security does not stop a role with BYPASSRLS", async () => {
  await makePeople("bypassed");
  await sql`alter table bypassed enable row level security`;
  const user = await createUser(
    "grant select, update on bypassed to $user",
    "alter role $user bypassrls",
  );
  await using action = openAction({ as: user });
  assert.deepEqual((await action.tokenize("public.bypassed", ["name"])).updated, 20);
});

Deno.test("forced row-level security applies to the owner too", async () => {
  await makePeople("owned");
  await sql`alter table owned enable row level security`;
  const user = await createUser("alter table owned owner to $user");
  await using action = openAction({ as: user });
  assert.equal((await action.tokenize("public.owned", ["name"])).updated, 20);
  await sql`alter table owned force row level security`;
  await action.fails("permission_denied", "public.owned", ["name"]);
  await sql`alter table owned owner to postgres`;
});
