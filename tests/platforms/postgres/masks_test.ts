/**
 * Masks: a role that reads something else than what is stored is refused before the first row.
 *
 * The products are not installed here; the tests write what they leave in the catalogue.
 */
import assert from "node:assert/strict";
import { useDatabase } from "../../support/action_fixture.ts";
import { assertReport } from "../../support/assertions.ts";

const { sql, openAction, assertUnchanged, createUser, roleOf } = await withPeople();

async function withPeople() {
  const database = await useDatabase();
  await database.sql.unsafe(`
    create table people (id int, name text);
    insert into people select n, 'canary ' || n from generate_series(1, 20) n`);
  return {
    ...database,
    /** A role that may do what a run needs, and more if `grants` say so. */
    roleOf: (...grants: string[]) =>
      database.createUser("grant select, update on people to $user", ...grants),
  };
}

/** Does `work` while the catalogue lists an extension of that name. */
async function withExtension(name: string, work: () => Promise<void>): Promise<void> {
  await sql`
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (999999, ${name}, 10, 'pg_catalog'::regnamespace, false, '1.0')`;
  try {
    await work();
  } finally {
    await sql`delete from pg_extension where oid = 999999`;
  }
}

/** Marks a role as PostgreSQL Anonymizer does: SECURITY LABEL FOR provider ON ROLE name IS 'MASKED'. */
async function markAsMasked(role: string, provider: string): Promise<void> {
  await sql`
    insert into pg_shseclabel (objoid, classoid, provider, label)
    select oid, 'pg_authid'::regclass, ${provider}, 'MASKED' from pg_roles where rolname = ${role}`;
}

for (const provider of ["anon", "analysts"]) {
  Deno.test(`a role that a label of the provider ${provider} marks as masked is refused`, async () => {
    const user = await roleOf();
    await markAsMasked(user.name, provider);
    await using action = openAction({ as: user, allowUnprovenMasks: true });
    for (const dryRun of [true, false]) {
      const error = await assertUnchanged(
        "people",
        () => action.fails("table_not_supported", "public.people", ["name"], { dryRun }),
      );
      assert.match(error.message, new RegExp(`label MASKED of role "${user.name}".*not masked$`));
    }
  });
}

Deno.test("a member of a masked role is refused, by that role's name", async () => {
  const group = await createUser();
  await markAsMasked(group.name, "anon");
  const member = await roleOf(`grant "${group.name}" to $user`);
  await using action = openAction({ as: member });
  const error = await action.fails("table_not_supported", "public.people", ["name"]);
  assert.match(error.message, new RegExp(`label MASKED of role "${group.name}"`));
});

Deno.test("that others are masked is no reason to refuse", async () => {
  const masked = await roleOf();
  await markAsMasked(masked.name, "anon");
  for (const as of [await roleOf(), undefined]) {
    await using action = openAction(as === undefined ? {} : { as });
    const report = await action.tokenize("public.people", ["name"], { dryRun: true });
    assertReport(report, { updated: 20, skipped: 0 });
  }
});

for (const commit of ["atomic", "batches"] as const) {
  Deno.test(`pg_columnmask is a reason to refuse (${commit})`, async () => {
    const user = await roleOf();
    await withExtension("pg_columnmask", async () => {
      await using action = openAction({ as: user });
      const error = await assertUnchanged(
        "people",
        () => action.fails("table_not_supported", "public.people", ["name"], { commit }),
      );
      assert.match(error.message, /"pg_columnmask" may mask .* set ALLOW_UNPROVEN_MASKS=true/);
    });
  });
}

Deno.test("pg_columnmask never masks what owners and superusers read", async () => {
  const owner = await roleOf();
  await sql.unsafe(`create table owned as select * from people;
    alter table owned owner to "${owner.name}"`);
  await withExtension("pg_columnmask", async () => {
    for (const [table, as] of [["people", undefined], ["owned", owner]] as const) {
      await using action = openAction(as === undefined ? {} : { as });
      const report = await action.tokenize(`public.${table}`, ["name"], { dryRun: true });
      assertReport(report, { updated: 20, skipped: 0 });
    }
  });
});

Deno.test("the owner of a table with a partition of another owner is refused", async () => {
  const owner = await roleOf();
  await sql.unsafe(`create table parted (id int, name text) partition by list (id);
    create table parted_1 partition of parted for values in (1);
    alter table parted owner to "${owner.name}"`);
  await withExtension("pg_columnmask", async () => {
    await using action = openAction({ as: owner });
    await action.fails("table_not_supported", "public.parted", ["name"]);
  });
});

Deno.test("ALLOW_UNPROVEN_MASKS lets a run go on", async () => {
  const user = await roleOf();
  await withExtension("pg_columnmask", async () => {
    await using action = openAction({ as: user, allowUnprovenMasks: true });
    const report = await action.tokenize("public.people", ["name"], { dryRun: true });
    assertReport(report, { updated: 20, skipped: 0 });
  });
});

Deno.test("other extensions are no reason to refuse", async () => {
  const user = await roleOf();
  await withExtension("anon", async () => {
    await using action = openAction({ as: user });
    await action.tokenize("public.people", ["name"], { dryRun: true });
  });
});
