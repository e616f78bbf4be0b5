/** What a plan says of a table that can be tokenized, and that it changes and shows nothing. */
import assert from "node:assert/strict";
import { clientSdk, dummySdk, useDatabase } from "../../support/action_fixture.ts";
import { FORMS } from "../../../src/platforms/forms.ts";
import { EXAMPLES } from "../form_examples.ts";
import { jwkSet, openKeyed, sivJwk } from "../../../scripts/servers/test_keys.ts";

const { sql, openAction, createUser, rowVersions } = await useDatabase();

const COLUMNS = ["name", "mail"];

async function createPeople(rows: number): Promise<void> {
  await sql.unsafe(`drop table if exists people;
    create table people (id int primary key, name text, mail varchar(200));
    create index on people (mail);
    insert into people select n, 'Canary the ' || n || 'th',
      case when n % 4 = 0 then null else 'canary' || n || '@example.com' end
    from generate_series(1, ${rows}) n;
    analyze people`);
}

Deno.test("a plan counts values, NULLs and tokens by their kind, and changes nothing", async () => {
  await createPeople(40);
  const older = await openKeyed("aes-siv", jwkSet(await sivJwk("s1")));
  const newer = await openKeyed("aes-siv", jwkSet(await sivJwk("s2"), await sivJwk("s1")));
  {
    await using action = openAction({ tokenSdk: older });
    await sql`create table rest as select * from people where id > 10`;
    await sql`delete from people where id > 10`;
    await action.tokenize("public.people", ["name"]);
    await sql`insert into people select * from rest`;
    await sql`drop table rest`;
  }
  await sql`update people set mail = 'tok_YQ==_poc' where id = 1`;
  const before = await rowVersions("people");
  await using action = openAction({ tokenSdk: newer });
  const plan = await action.plan("public.people", COLUMNS);
  assert.deepEqual(await rowVersions("people"), before);
  assert.equal(plan.possible, true);
  assert.deepEqual([plan.rows, plan.would_update], [40, 37]);
  const [name, mail] = plan.columns;
  assert.deepEqual([name?.type, mail?.type], ["text", "character varying(200)"]);
  assert.deepEqual([name?.nulls, mail?.nulls], [0, 10]);
  assert.deepEqual([name?.would_change, mail?.would_change], [30, 29]);
  assert.deepEqual(name?.tokens, { own: 0, other_key: 10, other_sdk: 0, lookalikes: 0 });
  assert.deepEqual(mail?.tokens, { own: 0, other_key: 0, other_sdk: 1, lookalikes: 0 });
  assert.deepEqual(name?.looks_like, { sampled: 30, forms: { other: 30 } });
  assert.deepEqual(mail?.looks_like, { sampled: 29, forms: { email: 29 } });
  assert.ok(!("shapes" in name!));
});

Deno.test("a plan tells own tokens from texts that only look like them", async () => {
  await createPeople(20);
  const sdk = await openKeyed("aes-siv", jwkSet(await sivJwk("s1")));
  await using action = openAction({ tokenSdk: sdk });
  await action.tokenize("public.people", ["name"]);
  await sql`update people set name = overlay(name placing
    case substr(name, 20, 1) when 'A' then 'B' else 'A' end from 20 for 1) where id < 3`;
  const { columns: [name] } = await action.plan("public.people", ["name"]);
  assert.deepEqual(name?.tokens, { own: 20, other_key: 0, other_sdk: 0, lookalikes: 2 });
});

Deno.test("a plan names every obstacle, not only the first", async () => {
  await createPeople(20);
  await sql.unsafe(`alter table people add constraint brief check (length(name) < 25),
    add constraint plain check (name not like 'tok%'), alter mail type varchar(30),
    add born date, add constraint mail_key unique (mail);
    create table letters (mail varchar(30) constraint sent_to references people (mail));
    insert into letters values ('canary1@example.com');
    create function nothing() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger copies before update on people for each row execute function nothing()`);
  await using action = openAction({ tokenSdk: clientSdk });
  const plan = await action.plan("public.people", [...COLUMNS, "born", "missing"]);
  await sql.unsafe("drop table people cascade; drop table letters; drop function nothing");
  assert.equal(plan.possible, false);
  assert.deepEqual(plan.obstacles.map(({ code }) => code).sort(), [
    "column_not_found",
    "column_not_tokenizable",
    "constraint_violation",
    "constraint_violation",
    "constraint_violation",
    "table_not_supported",
    "value_too_long",
  ]);
  const said = plan.obstacles.map(({ detail }) => detail).join("\n");
  for (const named of ["brief", "plain", "sent_to", "copies", "born", "missing", "mail"]) {
    assert.ok(said.includes(`"${named}"`), said);
  }
  assert.equal(plan.would_update, 20);
  assert.deepEqual(plan.columns.map(({ name }) => name), COLUMNS);
});

Deno.test("a plan says which rights the role lacks", async () => {
  await createPeople(5);
  const user = await createUser(
    "grant select on people to $user",
    "grant update (mail) on people to $user",
  );
  await using action = openAction({ as: user });
  const plan = await action.plan("public.people", COLUMNS);
  assert.deepEqual(plan.obstacles.map(({ code }) => code), ["permission_denied"]);
  assert.match(plan.obstacles[0]!.detail, /UPDATE on column "name"/);
  assert.equal(plan.columns.length, 2);
  const pgStats = plan.residue.find(({ place }) => place === "pg_stats");
  assert.equal(pgStats?.state, "remains");
});

Deno.test("a plan says which conditions are left to the run, since the role may not read them", async () => {
  await createPeople(5);
  await sql.unsafe(`alter table people add unique (name), add unique (mail);
    create table letters (to_name text constraint to_whom references people (name));
    create table notes (of_mail text references people (mail) on update cascade)`);
  const user = await createUser("grant select, update on people to $user");
  await using action = openAction({ as: user });
  const { possible, untried } = await action.plan("public.people", COLUMNS);
  assert.equal(possible, true);
  assert.deepEqual(untried, [
    'foreign key "to_whom"',
    'all of "public.notes", to which a foreign key carries the tokens',
  ]);
  await using owner = openAction();
  assert.equal((await owner.plan("public.people", COLUMNS)).untried, undefined);
  await sql`drop table letters, notes`;
});

Deno.test("a plan says which way a run takes, and why not another", async () => {
  await createPeople(5);
  const reasons = async (options: Parameters<typeof openAction>[0], strategy?: "rewrite") => {
    await using action = openAction(options);
    const plan = await action.plan("public.people", COLUMNS, strategy && { strategy });
    return [plan.method, ...plan.other_methods.map(({ method, reason }) => `${method}: ${reason}`)];
  };
  assert.deepEqual(await reasons({ tokenSdk: clientSdk }), [
    "client",
    "pushdown: only this program can make the SDK's tokens",
    "rewrite: only this program can make the SDK's tokens",
  ]);
  assert.deepEqual(await reasons({}), [
    "client",
    "pushdown: it is off (PUSHDOWN)",
    "rewrite: it locks the table for as long as it takes; --strategy rewrite asks for it",
  ]);
  await sql`create view shown as select name from people`;
  const [method, , rewrite] = await reasons({ pushdown: true });
  await sql`drop view shown`;
  assert.equal(method, "pushdown");
  assert.match(rewrite!, /rewrite: .*view "shown"/);
  assert.equal((await reasons({ pushdown: true }, "rewrite"))[0], "rewrite");
});

for (const [name, action] of [["client", {}], ["pushdown", { pushdown: true }]] as const) {
  Deno.test(`what a plan expects is what the run does (${name})`, async () => {
    await createPeople(40_000);
    await using opened = openAction(action);
    const plan = await opened.plan("public.people", COLUMNS);
    const size = async () => {
      const [row] = await sql`select pg_total_relation_size('people')::int8 as bytes,
        pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal`;
      return { bytes: Number(row!.bytes), wal: Number(row!.wal) };
    };
    const before = await size();
    const report = await opened.tokenize("public.people", COLUMNS);
    const after = await size();
    assert.equal(plan.would_update, report.updated);
    assert.equal(plan.method, report.method);
    const { disk_bytes: disk, wal_bytes: wal, seconds, basis } = plan.estimate!;
    assertNear(disk, after.bytes - before.bytes);
    assertNear(wal!, after.wal - before.wal);
    assert.ok(seconds > 0 && basis.length > 2, String(basis));
    const states = (places: typeof plan.residue) =>
      Object.fromEntries(places.map(({ place, state }) => [place, state]));
    assert.deepEqual(states(plan.residue), states(report.residue!));
    const nothing = await opened.plan("public.people", COLUMNS);
    assert.deepEqual([nothing.would_update, nothing.estimate, nothing.residue], [0, null, []]);
  });
}

Deno.test("shapes are shown only if asked for, of texts that several values share", async () => {
  await createPeople(40);
  await sql`update people set name = 'x' where id < 30`;
  await sql`update people set name = 'Canary, only one' where id = 30`;
  await using action = openAction();
  const plan = await action.plan("public.people", COLUMNS, { showShapes: true });
  const [name, mail] = plan.columns;
  assert.deepEqual(mail?.shapes, [{ shape: "c••@••••.com", values: 30 }]);
  assert.deepEqual(name?.shapes, [{ shape: "•• •• ##••", values: 10 }]);
  assert.equal(plan.token_prefix, "tok_");
});

Deno.test("the database tells forms as the program does", async () => {
  const texts = FORMS.flatMap((form) => EXAMPLES[form]);
  await sql`drop table if exists forms`;
  await sql`create table forms as select * from unnest(${texts}::text[]) as v`;
  await using action = openAction();
  const { columns: [v] } = await action.plan("public.forms", ["v"]);
  const expected = FORMS.map((form) => [form, EXAMPLES[form].length] as const);
  assert.deepEqual(v?.looks_like, { sampled: texts.length, forms: Object.fromEntries(expected) });
});

Deno.test("a plan of a large table looks at a sample", async () => {
  await createPeople(40_000);
  await using action = openAction({ tokenSdk: dummySdk });
  const { columns: [name] } = await action.plan("public.people", ["name"]);
  assert.ok(name!.looks_like!.sampled > 500 && name!.looks_like!.sampled <= 10_000);
  assert.equal(name?.would_change, 40_000);
});

function assertNear(estimated: number, measured: number): void {
  const ratio = estimated / measured;
  assert.ok(ratio > 0.5 && ratio < 2, `estimated ${estimated}, measured ${measured}`);
}
