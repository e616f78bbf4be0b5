/**
 * The connection and its session: what a role's own settings cannot change, how a run ends early, and
 * that nothing is left behind.
 */
import assert from "node:assert/strict";
import { ServiceError } from "../../../src/errors.ts";
import {
  changesNothing,
  openAction,
  openDatabase,
  rowVersions,
  tokenOf,
  until,
  valuesOf,
} from "../../support/action_fixture.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const database = await openDatabase({ customers: false });
const { sql } = database;
Deno.test.afterAll(() => database.drop());

async function makePeople(table: string, rows = 20): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text, note text);
    insert into ${table} select n, 'canary ' || n, case when n % 2 = 0 then 'note' end
    from generate_series(1, ${rows}) n`);
}

/** Sessions of the action in this database, idle ones outside a transaction left out. */
async function sessionsAtWork(): Promise<string[]> {
  const rows = await sql`select state from pg_stat_activity where datname = current_database()
    and application_name = 'tokenize-action' and state <> 'idle'`;
  return rows.map(({ state }) => state);
}

const shuttingDown = () =>
  new ServiceError("shutting_down", "Cannot finish the run: shutting down");

const ROLE_SETTINGS: Readonly<Record<string, string>> = {
  "arrays in which NULL is a word": "array_nulls = off",
  "strings in which backslashes escape": "standard_conforming_strings = off",
  "no joins by row address": "enable_tidscan = off",
  "no nested loops": "enable_nestloop = off",
  "a stricter isolation": "default_transaction_isolation = 'serializable'",
  "another client encoding": "client_encoding = 'LATIN1'",
  "read-only transactions": "default_transaction_read_only = on",
  "a short lock timeout": "lock_timeout = 1",
  "a search path of its own": "search_path = 'hostile, pg_catalog'",
  "quoted identifiers": "quote_all_identifiers = on",
};

await sql.unsafe(`
  create schema hostile;
  create function hostile.never(text, text) returns boolean language sql as 'select true';
  create operator hostile.!~ (leftarg = text, rightarg = text, function = hostile.never);
  create function hostile.count(text) returns bigint language sql as 'select 0::bigint';
  create table hostile.pg_class (oid oid);
  grant usage on schema hostile to public;
`);

for (const [i, [title, setting]] of Object.entries(ROLE_SETTINGS).entries()) {
  Deno.test(`a role with ${title} changes nothing (${setting})`, async () => {
    const table = `settings_${i}`;
    await makePeople(table);
    const user = await database.createUser(
      `grant select, update on ${table} to $user`,
      `alter role $user set ${setting}`,
    );
    await sql.unsafe(`update ${table} set name = 'é 静香' where id = 1`);
    await using action = openAction(user.url);
    const report = await action.tokenize(`public.${table}`, ["name", "note"]);
    assert.deepEqual([report.updated, report.skipped], [20, 0]);
    const names = await valuesOf(sql, table, "name");
    assert.deepEqual(names.slice(0, 2), [tokenOf("é 静香"), tokenOf("canary 2")]);
    assert.deepEqual((await valuesOf(sql, table, "note")).slice(0, 2), [null, tokenOf("note")]);
  });
}

Deno.test("a statement_timeout on the role is a timeout, and changes nothing", async () => {
  await makePeople("slow");
  const user = await database.createUser(
    "grant select, update on slow to $user",
    "alter role $user set statement_timeout = '50ms'",
  );
  await using action = openAction(user.url, { lockTimeoutMs: 20_000 });
  await using other = database.connect();
  await other`begin`;
  await other`select from slow where id = 3 for update`;
  const error = await changesNothing(
    sql,
    "slow",
    () => action.fails("timeout", "public.slow", ["name"]),
  );
  assert.equal(error.facts.sqlState, "57014");
  await other`rollback`;
  assert.equal((await action.tokenize("public.slow", ["name"])).updated, 20);
});

Deno.test("a session that the server ends for idling fails the run, and changes nothing", async () => {
  await makePeople("idling");
  const user = await database.createUser(
    "grant select, update on idling to $user",
    "alter role $user set idle_in_transaction_session_timeout = '50ms'",
  );
  const gate = gatedSdk();
  await using action = openAction(user.url, { tokenSdk: gate.sdk });
  await changesNothing(sql, "idling", async () => {
    const run = action.fails("database_unreachable", "public.idling", ["name"]);
    await gate.reached;
    await until(async () => (await sessionsAtWork()).length === 0);
    gate.open();
    await run;
  });
  assert.equal((await action.tokenize("public.idling", ["name"])).updated, 20);
});

Deno.test("a session that is ended between two batches fails the run; the next one connects", async () => {
  await makePeople("cut_off", 6000);
  const gate = gatedSdk(2);
  await using action = openAction(database.url, { tokenSdk: gate.sdk });
  await changesNothing(sql, "cut_off", async () => {
    const run = action.fails("database_unreachable", "public.cut_off", ["name"]);
    await gate.reached;
    await endSessions();
    await until(async () => (await sessionsAtWork()).length === 0);
    gate.open();
    await run;
  });
  assert.equal((await action.tokenize("public.cut_off", ["name"])).updated, 6000);
});

Deno.test("a session that is ended in the middle of a statement fails the run, with others waiting", async () => {
  await makePeople("cut_short", 6000);
  await sql.unsafe(`create function wait() returns trigger language plpgsql as
    $$begin perform pg_advisory_xact_lock(77); return new; end$$;
    create trigger waits before update on cut_short for each row execute function wait()`);
  await using other = database.connect();
  await other`select pg_advisory_lock(77)`;
  await using action = openAction(database.url, { allowTriggers: true, lockTimeoutMs: 60_000 });
  await changesNothing(sql, "cut_short", async () => {
    const run = action.fails("database_unreachable", "public.cut_short", ["name"]);
    await until(async () =>
      (await sql`select from pg_stat_activity where datname = current_database()
        and wait_event = 'advisory'`).length > 0
    );
    await endSessions();
    await run;
  });
});

Deno.test("an idle session that was ended is not used for the next run", async () => {
  await makePeople("after_idle");
  await using action = openAction(database.url);
  await action.tokenize("public.after_idle", ["name"]);
  await endSessions();
  await until(async () =>
    (await sql`select from pg_stat_activity where application_name = 'tokenize-action'
      and datname = current_database()`).length === 0
  );
  assert.equal((await action.tokenize("public.after_idle", ["note"])).updated, 10);
});

Deno.test("runs one after the other share a session, which close() gives back", async () => {
  await makePeople("shared");
  const sessions = async () =>
    (await sql`select pid from pg_stat_activity where application_name = 'tokenize-action'
      and datname = current_database()`).map(({ pid }) => pid);
  {
    await using action = openAction(database.url);
    await action.tokenize("public.shared", ["name"]);
    const [first, ...others] = await sessions();
    assert.deepEqual(others, []);
    await action.tokenize("public.shared", ["note"]);
    assert.deepEqual(await sessions(), [first]);
  }
  await until(async () => (await sessions()).length === 0);
});

Deno.test("an end before the start touches nothing", async () => {
  await makePeople("unstarted");
  await using action = openAction(database.url);
  const signal = AbortSignal.abort(shuttingDown());
  await changesNothing(
    sql,
    "unstarted",
    () => action.fails("shutting_down", "public.unstarted", ["name"], { signal }),
  );
});

Deno.test("an end while the token SDK is at work, even for ever, rolls the run back", async () => {
  await makePeople("waiting", 6000);
  const gate = gatedSdk(2); // never opened
  await using action = openAction(database.url, { tokenSdk: gate.sdk });
  const end = new AbortController();
  await changesNothing(sql, "waiting", async () => {
    const run = action.fails("shutting_down", "public.waiting", ["name"], { signal: end.signal });
    await gate.reached;
    end.abort(shuttingDown());
    await run;
  });
  await until(async () => (await sessionsAtWork()).length === 0);
  const locks = await sql`select from pg_locks where relation = 'waiting'::regclass`;
  assert.equal(locks.length, 0);
});

Deno.test("an end while a statement is under way cancels it, and rolls the run back", async () => {
  await makePeople("blocked");
  await using action = openAction(database.url, { lockTimeoutMs: 600_000 });
  await using other = database.connect();
  await other`begin`;
  await other`select from blocked where id = 3 for update`;
  const end = new AbortController();
  await changesNothing(sql, "blocked", async () => {
    const run = action.fails("shutting_down", "public.blocked", ["name"], { signal: end.signal });
    await until(async () =>
      (await sql`select from pg_stat_activity where datname = current_database()
        and application_name = 'tokenize-action' and wait_event_type = 'Lock'`).length > 0
    );
    end.abort(shuttingDown());
    await run;
    await until(async () => (await sessionsAtWork()).length === 0); // with the lock still held
  });
  await other`rollback`;
  assert.equal((await action.tokenize("public.blocked", ["name"])).updated, 20);
});

Deno.test("an end while the work is done inside the database cancels it", async () => {
  await makePeople("pushed");
  const user = await database.createUser("grant select (name), update (name) on pushed to $user");
  await using action = openAction(user.url, { lockTimeoutMs: 600_000 });
  await using other = database.connect();
  await other`begin`;
  await other`select from pushed where id = 3 for update`;
  const end = new AbortController();
  const before = await rowVersions(sql, "pushed");
  const run = action.fails("shutting_down", "public.pushed", ["name"], { signal: end.signal });
  await until(async () =>
    (await sql`select from pg_stat_activity where datname = current_database()
      and application_name = 'tokenize-action' and wait_event_type = 'Lock'`).length > 0
  );
  end.abort(shuttingDown());
  await run;
  assert.deepEqual(await rowVersions(sql, "pushed"), before);
  await until(async () => (await sessionsAtWork()).length === 0);
});

Deno.test("an end that comes with the last batch leaves all or nothing", async () => {
  await makePeople("late_end");
  await using action = openAction(database.url);
  const end = new AbortController();
  const onProgress = () => end.abort(shuttingDown());
  await changesNothing(
    sql,
    "late_end",
    () =>
      action.fails("shutting_down", "public.late_end", ["name"], {
        signal: end.signal,
        onProgress,
      }),
  );
  assert.equal((await action.tokenize("public.late_end", ["name"])).updated, 20);
});

Deno.test("an SDK that fails or gives nonsense changes nothing, and its message stays inside", async () => {
  await makePeople("sdk_fails", 6000);
  const { pattern, maxTokenLength } = gatedSdk().sdk;
  const give = {
    "an error": () => Promise.reject(new Error("cannot tokenize canary 1")),
    "too few": (values: readonly string[]) => values.slice(1).map(tokenOf),
    "no tokens": (values: readonly string[]) => [...values],
    "nothing": (values: readonly string[]) => values.map(() => null as unknown as string),
  };
  for (const [title, tokenize] of Object.entries(give)) {
    await using action = openAction(database.url, {
      tokenSdk: { pattern, maxTokenLength, tokenize },
    });
    const code = title === "an error" ? "internal" : "token_sdk_error";
    await changesNothing(
      sql,
      "sdk_fails",
      () => action.fails(code, "public.sdk_fails", ["name", "note"]),
    );
  }
});

async function endSessions(): Promise<void> {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'tokenize-action'`;
}
