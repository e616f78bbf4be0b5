/** The schema of the history: made by several programs at once, and refused if it is another's. */
import assert from "node:assert/strict";
import { migrate } from "../../src/history/migrate.ts";
import { LATEST_VERSION } from "../../src/history/migrations.ts";
import { fromSource, runProgram } from "../support/program.ts";
import { newRun } from "../runs/store_conformance.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { open, openUnready, settingsOf } from "./histories.ts";
import { until } from "../../scripts/servers/until.ts";

const { signal } = new AbortController();

Deno.test("of many programs that start at once, each finds the schema made, and it is made once", async () => {
  await using database = await createTestDatabase();
  const settings = settingsOf(database.url);
  const all = await Promise.all(Array.from({ length: 6 }, () => migrate(settings, signal)));
  assert.ok(all.every(({ to }) => to === LATEST_VERSION));
  const { sql } = database;
  const applied = await sql`select version from tokenize_history.migrations`;
  assert.equal(applied.length, LATEST_VERSION);
  assert.deepEqual(await migrate(settings, signal), { from: LATEST_VERSION, to: LATEST_VERSION });
});

Deno.test("a schema that a newer program made is refused, and so is one of unknown steps", async () => {
  await using database = await createTestDatabase();
  const settings = settingsOf(database.url);
  await migrate(settings, signal);
  const { sql } = database;
  await sql`insert into tokenize_history.migrations (version, name, checksum)
    values (${LATEST_VERSION + 1}, 'of the future', 'x')`;
  await assert.rejects(migrate(settings, signal), {
    code: "database_error",
    message: `Cannot use the history: its schema is at version ${LATEST_VERSION + 1}, and this ` +
      `program knows versions up to ${LATEST_VERSION}: use the newer program that made it`,
  });
  await sql`delete from tokenize_history.migrations where version > ${LATEST_VERSION}`;
  await sql`update tokenize_history.migrations set checksum = 'x' where version = 1`;
  await assert.rejects(migrate(settings, signal), /version 1 of its schema is not the one/);
});

Deno.test("what is asked for before the schema is made waits for it", async () => {
  await using database = await createTestDatabase();
  await using history = openUnready(database.url);
  const { runs } = history;
  const asked = [runs.list({ limit: 1 }), runs.get("no id"), runs.request("no id", {})];
  const [page, ...others] = await Promise.all(asked);
  assert.deepEqual(page, { runs: [], next_cursor: null });
  assert.deepEqual(others, [undefined, undefined]);
});

Deno.test("a role that may make no schema gets told who has to, and a later migration is noticed", async () => {
  await using database = await createTestDatabase();
  const clerk = await database.createUser();
  await using history = openUnready(clerk.url);
  const advice = /"tokenize_history": have its owner run "tokenize history migrate"/;
  await until(() => advice.test(history.problem ?? ""), "no advice");
  const [first] = history.observations;
  assert.equal(first?.event, "history_unavailable");
  await assert.rejects(history.runs.list({ limit: 1 }), /run "tokenize history migrate"/);
  await assert.rejects(history.runs.add(newRun(0)), { code: "database_error", message: advice });

  await migrate(settingsOf(database.url), signal);
  await database.sql.unsafe(await Deno.readTextFile("deploy/history.sql"));
  await database.sql.unsafe(`grant tokenize_history to ${clerk.name}`);
  await until(() => history.problem === undefined, "the history is still away");
  assert.deepEqual((await history.runs.list({ limit: 1 })).runs, []);
  await database.sql.unsafe("drop owned by tokenize_history; drop role tokenize_history");
});

Deno.test("a schema of that name that is another program's is named, and left as it is", async () => {
  await using database = await createTestDatabase();
  await database.sql`create schema tokenize_history create table runs (n int)`;
  await using history = openUnready(database.url);
  const advice = /"tokenize_history" has tables that this program did not make: use another/;
  await until(() => advice.test(history.problem ?? ""), "no advice");
  assert.deepEqual([...await database.sql`select * from tokenize_history.runs`], []);
});

Deno.test("a failed step leaves nothing behind, and is done by the next attempt", async () => {
  await using database = await createTestDatabase();
  const { sql } = database;
  await sql`create schema tokenize_history`;
  await sql`create table tokenize_history.leaders (name text)`;
  await assert.rejects(migrate(settingsOf(database.url), signal), { code: "database_error" });
  const [row] = await sql`select to_regclass('tokenize_history.migrations') as made`;
  assert.equal(row!.made, null);
  await sql`drop table tokenize_history.leaders`;
  await using history = await open(database.url);
  assert.equal(history.observations[0]?.event, "history_migrated");
});

Deno.test("tokenize history migrate says from which version to which, and needs to know where", async () => {
  await using database = await createTestDatabase();
  const env = { HISTORY_CONN_STR: database.url };
  const migrateOnce = () => runProgram(fromSource, ["history", "migrate", "--json"], env);
  const first = await migrateOnce();
  assert.deepEqual([first.code, JSON.parse(first.stdout)], [0, { from: 0, to: LATEST_VERSION }]);
  const again = await migrateOnce();
  assert.deepEqual(JSON.parse(again.stdout), { from: LATEST_VERSION, to: LATEST_VERSION });
  const without = await runProgram(fromSource, ["history", "migrate"]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /HISTORY_CONN_STR: it must be set for history migrate/);
  const away = { HISTORY_CONN_STR: "postgres://u:canary-secret@127.0.0.1:1/d?sslmode=disable" };
  const failed = await runProgram(fromSource, ["history", "migrate"], away);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /Cannot migrate the history: nothing accepts .* in HISTORY_CONN_STR/);
});
