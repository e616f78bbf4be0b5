/** The keyed SDKs on a real table, through the action and through the program. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assertReport } from "../support/assertions.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import { onPostgresSuite } from "./on_postgres_suite.ts";

const database = await useDatabase({ customers: true });
const { sql, openAction, valuesOf } = database;

const oldKeys = jwkSet(await hmacJwk("h1"), await sivJwk("s1"));
const newKeys = jwkSet(
  await hmacJwk("h2"),
  await sivJwk("s2"),
  await hmacJwk("h1"),
  await sivJwk("s1"),
);

const open = (mode: string, keys = newKeys, scope = "global") => openKeyed(mode, keys, scope);

for (const mode of ["hmac-sha256", "aes-siv"]) {
  onPostgresSuite(mode, database, (scope) => open(mode, newKeys, scope));

  Deno.test(`${mode}: tokens of an older key are left alone`, async () => {
    await sql`drop table if exists mixed`;
    await sql`create table mixed (id int, email text)`;
    await sql`insert into mixed values (1, 'ada@example.com'), (2, 'bob@example.com')`;
    {
      await using action = openAction({ tokenSdk: await open(mode, oldKeys) });
      await action.tokenize("public.mixed", ["email"]);
    }
    const old = await valuesOf("mixed", "email");
    await sql`insert into mixed values (3, 'cyd@example.com')`;
    await using action = openAction({ tokenSdk: await open(mode) });
    const report = await action.tokenize("public.mixed", ["email"]);
    assertReport(report, { updated: 1, skipped: 2, foreign: 2 });
    const tokens = await valuesOf("mixed", "email") as string[];
    assert.deepEqual(tokens.slice(0, 2), old);
    assert.match(tokens[2]!, /^tk1_(hmac_g_h2|siv_g_s2)_/);
  });
}

Deno.test("Postgres has no place for a key, so hmac-sha256 stays in the action there", async () => {
  await sql`create table keyless as select * from customers`;
  const tokenSdk = await open("hmac-sha256");
  assert.ok(tokenSdk.keyedSql);
  await using action = openAction({ tokenSdk, pushdown: true });
  const { method } = await action.tokenize("public.keyless", ["email"]);
  assert.equal(method, "client");
  await action.fails("invalid_request", "public.keyless", ["phone"], { strategy: "rewrite" });
});

Deno.test("in scope column, equal values of two columns get different tokens", async () => {
  await sql`create table pairs (id int, home text, work text)`;
  await sql`insert into pairs values (1, 'ada@example.com', 'ada@example.com')`;
  const tokenSdk = await open("hmac-sha256", newKeys, "column");
  await using action = openAction({ tokenSdk });
  await action.tokenize("public.pairs", ["home", "work"]);
  const [row] = await sql`select home, work from pairs`;
  assert.notEqual(row!.home, row!.work);
});

Deno.test("tokens of a dataset tell tables apart whose names only differ in where a dot is", async () => {
  await sql.unsafe(`create schema "a.b"; create schema a; create table "a.b".c (email text);
    create table a."b.c" (email text); insert into "a.b".c values ('ada@example.com');
    insert into a."b.c" values ('ada@example.com')`);
  const tokenSdk = await open("hmac-sha256", newKeys, "dataset");
  await using action = openAction({ tokenSdk });
  await action.fails("ambiguous_name", "a.b.c", ["email"]);
  await sql`alter table a."b.c" rename to hidden`;
  await action.tokenize("a.b.c", ["email"]);
  await sql`alter table "a.b".c rename to hidden`;
  await sql`alter table a.hidden rename to "b.c"`;
  await action.tokenize("a.b.c", ["email"]);
  const [row] = await sql`select one.email as one, other.email as other
    from "a.b".hidden as one, a."b.c" as other`;
  assert.match(row!.one, /^tk2_hmac_d_h2_/);
  assert.match(row!.other, /^tk2_hmac_d_h2_/);
  assert.notEqual(row!.one, row!.other);
});

Deno.test("the program passes the key to its sandbox, and prints it nowhere", async () => {
  const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
  const keyFile = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(keyFile, newKeys);
    await sql`create table through_program as select * from customers`;
    const run = async (mode: string, file: string, command: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "-A", "--no-check", program, ...command],
        env: {
          PG_CONN_STR: database.url,
          TOKEN_SDK_MODE: mode,
          TOKEN_KEYS_FILE: file,
          LOG_LEVEL: "debug",
          LOG_FORMAT: "json",
        },
      }).output();
      const decoder = new TextDecoder();
      const [out, err] = [decoder.decode(stdout), decoder.decode(stderr)];
      for (const { k } of JSON.parse(newKeys).keys) assert.ok(!`${out}${err}`.includes(k));
      return { code, out, err };
    };
    const urn = urnOf(`${database.name}.public.through_program`);
    const job = ["run", "--urn", urn, "--columns", "email"];
    const first = await run("hmac-sha256", keyFile, job);
    assert.equal(first.code, 0, first.err);
    assert.equal(JSON.parse(first.out).updated, 100);
    const [row] = await sql`select count(*)::int as tokens from through_program
      where email ~ '^tk1_hmac_g_h2_[A-Za-z0-9_-]{43}$'`;
    assert.equal(row!.tokens, 100);
    const wrong = await run("aes-siv", `${keyFile}.none`, job);
    assert.deepEqual([wrong.code, wrong.err], [
      2,
      `tokenize: TOKEN_KEYS_FILE: the file "${keyFile}.none" does not exist\n`,
    ]);
    await Deno.chmod(keyFile, 0o644);
    const open = await run("hmac-sha256", keyFile, job);
    assert.equal(open.code, 2);
    assert.match(
      open.err,
      /^tokenize: TOKEN_KEYS_FILE: the file can be read by others: run "chmod 600"/,
    );
  } finally {
    await Deno.remove(keyFile);
  }
});
