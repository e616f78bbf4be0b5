/** deploy/grants.sql: the role that it makes can do the job, and nothing else. */
import assert from "node:assert/strict";
import { openSql, type Queries } from "../../scripts/servers/postgres/sql.ts";
import { assertReport } from "../support/assertions.ts";
import { testUnless } from "../support/skipping.ts";
import { openAction, useDatabase } from "../support/action_fixture.ts";
import { connect } from "../support/test_database.ts";

const database = await useDatabase({ customers: true });
const { sql } = database;
const script = await Deno.readTextFile(new URL("../../deploy/grants.sql", import.meta.url));
const password = crypto.randomUUID();
const roles: string[] = [];

Deno.test.afterAll(async () => {
  for (const role of roles) await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
});

await sql.unsafe(`
  revoke all on database ${database.name} from public;
  revoke create on schema public from public;
  create table other (v text);
  insert into other values ('canary');
  create schema "Own";
  create table "Own"."Odd ""Names" (id int, "E,Mail" text, "E-Mail" text, secret text);
  insert into "Own"."Odd ""Names" values (1, 'a', 'canary', 's');
`);

/** Runs the script as an administrator would, and gives the role's connection URL and its warnings. */
async function grant(settings: Readonly<Record<string, string>>, to?: string) {
  const role = to ?? `grantee_${crypto.randomUUID().slice(0, 8)}`;
  const warnings: string[] = [];
  const admin = openSql(database.url, {
    onNotice: ({ M: message }) => void warnings.push(message!),
  });
  try {
    for (const [name, value] of Object.entries({ ...settings, role_name: role })) {
      await admin.unsafe(`set tokenize.${name} = '${value}'`);
    }
    await admin.unsafe(script);
    if (to === undefined) roles.push(role);
    await admin.unsafe(`alter role ${role} password '${password}'`);
  } finally {
    await admin.end();
  }
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  return { role, url: url.href, warnings };
}

async function isDenied(own: Queries, statement: string): Promise<void> {
  const error = await own.unsafe(statement).then(
    () => assert.fail(`it may: ${statement}`),
    (thrown: { code?: string }) => thrown,
  );
  assert.equal(error.code, "42501", statement);
}

Deno.test("the role can do the whole job", async () => {
  const { url, warnings } = await grant({});
  assert.deepEqual(warnings, []);
  await using action = openAction(url);
  const columns = ["email", "phone"];
  const look = await action.tokenize("public.customers", columns, { dryRun: true });
  assert.equal(look.updated, 100);
  const done = await action.tokenize("public.customers", columns, { scrub: true });
  assertReport(done, { updated: 100, skipped: 0, method: "client" });
  assert.equal(done.residue?.find(({ place }) => place === "dead_rows")?.state, "remains");
  const again = await action.tokenize("public.customers", columns, { commit: "batches" });
  assertReport(again, { updated: 0, skipped: 100 });
});

Deno.test("the role can do nothing else", async () => {
  const { role, url } = await grant({});
  await using own = connect(url);
  assert.equal((await own`select count(*)::int as rows from customers`)[0]!.rows, 100);
  for (
    const statement of [
      "select * from other",
      "update other set v = 'x'",
      "insert into customers (name, email) values ('x', 'y')",
      "delete from customers",
      "truncate customers",
      "create table public.mine (v text)",
      "create temp table mine (v text)",
      "create schema mine",
      "create index on customers (email)",
      "alter table customers add more text",
      "drop table customers",
      "create trigger hook before update on customers execute function suppress_redundant_updates_trigger()",
      "create role another",
      "copy customers to program 'cat'",
      "select pg_read_file('/etc/passwd')",
      "select * from pg_authid",
    ]
  ) await isDenied(own, statement);
  const [attributes] = await sql`select rolsuper or rolcreatedb or rolcreaterole or rolreplication
    or rolbypassrls as any from pg_roles where rolname = ${role}`;
  assert.equal(attributes!.any, false);
});

Deno.test("with column names, the role can read and change only these columns", async () => {
  const { url } = await grant({
    schema_name: "Own",
    table_name: 'Odd "Names',
    column_names: " E-Mail , ",
  });
  await using action = openAction(url);
  const report = await action.tokenize('Own.Odd "Names', ["E-Mail"]);
  assertReport(report, { updated: 1, skipped: 0 });
  await using own = connect(url);
  await isDenied(own, 'select secret from "Own"."Odd ""Names"');
  await isDenied(own, 'update "Own"."Odd ""Names" set secret = null');
  await isDenied(own, "select * from customers");
});

testUnless(
  database.serverVersion < 17 ? "PostgreSQL has that right from 17 on" : undefined,
  "with tokenize.maintain, the role can also clear what the run leaves",
  async () => {
    await sql`create table kept as select 'canary ' || n as name from generate_series(1, 50) n`;
    await sql`analyze kept`;
    const { url } = await grant({ table_name: "kept", maintain: "on" });
    await using action = openAction(url);
    const report = await action.tokenize("public.kept", ["name"], { scrub: true });
    const cleared = report.residue!.filter(({ state }) => state === "cleared");
    assert.deepEqual(cleared.map(({ place }) => place), ["pg_stats", "dead_rows"]);
    await using own = connect(url);
    await isDenied(own, "delete from kept");
    await isDenied(own, "select * from customers");
  },
);

Deno.test("running the script again can narrow the privileges of the role", async () => {
  const { role, url } = await grant({});
  await grant({ column_names: "email" }, role);
  await using own = connect(url);
  await own`select email from customers limit 1`;
  await isDenied(own, "select phone from customers");
  await isDenied(own, "update customers set phone = null");
});

Deno.test("an existing role loses its attributes, and privileges of PUBLIC are reported", async () => {
  const role = `grantee_${crypto.randomUUID().slice(0, 8)}`;
  await sql.unsafe(`create role ${role} login createdb createrole bypassrls`);
  roles.push(role);
  await sql.unsafe(`grant select on other to ${role}; grant create on schema public to ${role}`);
  const { warnings } = await grant({}, role);
  assert.deepEqual(warnings, [
    `${role} may create objects in schema: public`,
    `${role} has rights on other tables: other`,
  ]);
  const [attributes] = await sql`select rolcreatedb or rolcreaterole or rolbypassrls as any
    from pg_roles where rolname = ${role}`;
  assert.equal(attributes!.any, false);
});

Deno.test("a missing table is an error, and nothing is granted", async () => {
  await assert.rejects(grant({ table_name: "nosuch" }), { code: "42P01" });
});
