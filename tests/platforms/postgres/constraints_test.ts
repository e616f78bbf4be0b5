/** Constraints and indexes: the run obeys them, or changes nothing and names the one that failed. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";

/** The tests for one method: tokens made in the action, or inside the database. */
async function suite(method: "client" | "pushdown"): Promise<void> {
  const { sql, openAction, valuesOf, assertUnchanged } = await useDatabase();
  const pushdown = method === "pushdown";
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${method})`, fn);

  test("a unique column and a primary key can be tokenized", async () => {
    await sql`create table uniques (email text primary key, name text unique)`;
    await sql`insert into uniques select 'e' || n, 'n' || n from generate_series(1, 3000) n`;
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.uniques", ["email", "name"]);
    assertReport(report, { updated: 3000, skipped: 0 });
    const [row] = await sql`select count(*)::int as rows from uniques where email like 'tok%poc'`;
    assert.equal(row?.rows, 3000);
  });

  test("a CHECK constraint that rejects tokens is named, and nothing is changed", async () => {
    await sql`create table checked (id int, name text, email text
      constraint looks_like_email check (email like '%@%'))`;
    await sql`insert into checked select n, 'canary', 'canary@example.com'
      from generate_series(1, 20) n`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "checked",
      () => action.fails("constraint_violation", "public.checked", ["name", "email"]),
    );
    assert.match(error.message, /SQLSTATE 23514, constraint "looks_like_email"/);
    assert.deepEqual(error.facts, { sqlState: "23514", constraint: "looks_like_email" });
  });

  test("a constraint that fails after many batches rolls all of them back", async () => {
    await sql.unsafe(`create table late (id int, value text
      constraint no_bad check (value <> '${tokenOf("canary 9000")}'))`);
    await sql`insert into late select n, 'canary ' || n from generate_series(1, 10000) n`;
    await using action = openAction({ pushdown });
    await assertUnchanged(
      "late",
      () => action.fails("constraint_violation", "public.late", ["value"]),
    );
  });

  test("a token that collides with a stored value is a violation, and nothing is lost", async () => {
    await sql`create table collisions (id int, value text constraint one_each unique)`;
    await sql`insert into collisions values (1, 'canary'), (2, ${tokenOf("canary")})`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "collisions",
      () => action.fails("constraint_violation", "public.collisions", ["value"]),
    );
    assert.equal(error.facts.constraint, "one_each");
  });

  test("a domain's CHECK is a constraint like any other", async () => {
    await sql`create domain short_domain as text constraint brief check (length(value) < 15)`;
    await sql`create table in_domain (id int, value short_domain)`;
    await sql`insert into in_domain values (1, 'canary')`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "in_domain",
      () => action.fails("constraint_violation", "public.in_domain", ["value"]),
    );
    assert.equal(error.facts.constraint, "brief");
  });

  test("a constraint that fails at COMMIT changes nothing either", async () => {
    await sql`create table parents (email text primary key)`;
    await sql`create table deferred (id int, email text constraint to_parent
      references parents deferrable initially deferred)`;
    await sql`insert into parents values ('canary@example.com')`;
    await sql`insert into deferred values (1, 'canary@example.com')`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "deferred",
      () => action.fails("constraint_violation", "public.deferred", ["email"]),
    );
    assert.match(error.message, /^Cannot commit the run: .*constraint "to_parent"/);
    await action.fails("constraint_violation", "public.deferred", ["email"]); // the session is usable
  });

  test("tokenizing only one side of a foreign key is refused", async () => {
    await sql`create table authors (id int, email text unique)`;
    await sql`create table books (id int, author text constraint by_author references authors (email))`;
    await sql`insert into authors values (1, 'canary@example.com')`;
    await sql`insert into books values (1, 'canary@example.com')`;
    await using action = openAction({ pushdown });
    for (const [table, column] of [["authors", "email"], ["books", "author"]] as const) {
      const error = await assertUnchanged(
        table,
        () => action.fails("constraint_violation", `public.${table}`, [column]),
      );
      assert.equal(error.facts.constraint, "by_author");
    }
  });

  test("ON UPDATE CASCADE carries the tokens to the referencing table", async () => {
    await sql`create table owners (id int, email text unique)`;
    await sql`create table pets (id int, owner text references owners (email) on update cascade)`;
    await sql`insert into owners select n, 'o' || n from generate_series(1, 10) n`;
    await sql`insert into pets select n, 'o' || n from generate_series(1, 10) n`;
    await using action = openAction({ pushdown });
    assert.equal((await action.tokenize("public.owners", ["email"])).updated, 10);
    assert.deepEqual(await valuesOf("pets", "owner"), await valuesOf("owners", "email"));
    assert.equal((await action.tokenize("public.pets", ["owner"])).updated, 0);
  });

  for (const effect of ["set null", "set default"]) {
    test(`ON UPDATE ${effect} would overwrite other rows, and is refused`, async () => {
      await sql`drop table if exists notes, people`;
      await sql`create table people (id int, email text unique, name text)`;
      await sql.unsafe(`create table notes (id int, about text
        constraint about_whom references people (email) on update ${effect})`);
      await sql`insert into people values (1, 'canary@example.com', 'canary')`;
      await sql`insert into notes values (1, 'canary@example.com')`;
      await using action = openAction({ pushdown });
      const error = await assertUnchanged(
        "notes",
        () => action.fails("table_not_supported", "public.people", ["email"]),
      );
      assert.match(error.message, /"about_whom"/);
      assert.equal((await action.tokenize("public.people", ["name"])).updated, 1);
    });
  }

  test("a trigger on a table that a cascade reaches is noticed", async () => {
    await sql.unsafe(`
      create table accounts (id int primary key, email text unique, name text);
      create table logins (id int, email text references accounts (email) on update cascade);
      create table sessions (id int, account int references accounts (id) on update cascade);
      create table login_history (old_email text);
      create function remember() returns trigger language plpgsql as
        $$begin insert into public.login_history values (old.email); return new; end$$;
      create function remember_nothing() returns trigger language plpgsql as
        $$begin return new; end$$;
      create trigger keep_history before update on logins
        for each row execute function remember();
      create trigger unrelated before update on sessions
        for each row execute function remember_nothing();
      insert into accounts values (1, 'canary@example.com', 'canary');
      insert into logins values (1, 'canary@example.com')`);
    await using action = openAction({ pushdown });
    const error = await action.fails("table_not_supported", "public.accounts", ["email"]);
    assert.match(error.message, /"keep_history"/);
    assert.doesNotMatch(error.message, /unrelated/);
    assert.equal((await action.tokenize("public.accounts", ["name"])).updated, 1);
  });

  test("a foreign key that cascades within its own table leaves no value behind", async () => {
    await sql`create table staff (id int, email text unique,
      manager text constraint managed_by references staff (email) on update cascade)`;
    await sql`insert into staff select n, 'canary' || n, null from generate_series(1, 9000) n`;
    await sql`update staff set manager = 'canary' || (id % 100 + 1)`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "staff",
      () => action.fails("table_not_supported", "public.staff", ["email"]),
    );
    assert.match(error.message, /"managed_by"/);
  });

  test("an exclusion constraint that fails is named", async () => {
    await sql`create table exclusive (id int, value text,
      constraint no_two_lengths exclude using btree ((length(value)) with =))`;
    await sql`insert into exclusive values (1, 'canary1'), (2, 'canary12')`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "exclusive",
      () => action.fails("constraint_violation", "public.exclusive", ["value"]),
    );
    assert.equal(error.facts.constraint, "no_two_lengths");
  });

  test("a token too long for an index on its column changes nothing", async () => {
    await sql`create table indexed (id int, value text)`;
    await sql`create index on indexed (value)`;
    await sql`insert into indexed select 1, 'canary' || string_agg(md5(n::text), '')
      from generate_series(1, 75) n`;
    await using action = openAction({ pushdown });
    const error = await assertUnchanged(
      "indexed",
      () => action.fails("value_too_long", "public.indexed", ["value"]),
    );
    assert.match(error.message, /an index/);
  });

  test("an index on an expression is updated with the tokens", async () => {
    await sql`create table expression (id int, value text)`;
    await sql`create unique index on expression (lower(value)) where value <> ''`;
    await sql`insert into expression select n, 'v' || n from generate_series(1, 50) n`;
    await using action = openAction({ pushdown });
    assert.equal((await action.tokenize("public.expression", ["value"])).updated, 50);
  });
}

await suite("client");
await suite("pushdown");
