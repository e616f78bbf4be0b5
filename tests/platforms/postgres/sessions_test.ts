/**
 * The connection and its session: settings of the role have no effect, a run can be stopped at any
 * time, and nothing is left behind.
 */
import assert from "node:assert/strict";
import { ServiceError } from "../../../src/errors.ts";
import { assertReport } from "../../support/assertions.ts";
import { dummySdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { until } from "../../../scripts/servers/until.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const database = await useDatabase();
const { sql, openAction, valuesOf, assertUnchanged, createUser } = database;

async function makePeople(table: string, rows = 20): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text, note text);
    insert into ${table} select n, 'canary ' || n, case when n % 2 = 0 then 'note' end
    from generate_series(1, ${rows}) n`);
}

/** The action's sessions within a transaction. */
const sessionsAtWork = async () =>
  (await database.sessions()).filter(({ state }) => state !== "idle");

const shuttingDown = () =>
  new ServiceError("shutting_down", "Cannot finish the run: shutting down");

const ROLE_SETTINGS: Readonly<Record<string, string>> = {
  "arrays without NULL": "array_nulls = off",
  "backslash escapes in strings": "standard_conforming_strings = off",
  "no TID scans": "enable_tidscan = off",
  "no nested loops": "enable_nestloop = off",
  "a stricter isolation level": "default_transaction_isolation = 'serializable'",
  "another client encoding": "client_encoding = 'LATIN1'",
  "read-only transactions": "default_transaction_read_only = on",
  "a short lock timeout": "lock_timeout = 1",
  "another search path": "search_path = 'hostile, pg_catalog'",
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
  Deno.test(`a role with ${title} gets the same result (${setting})`, async () => {
    const table = `settings_${i}`;
    await makePeople(table);
    const user = await createUser(
      `grant select, update on ${table} to $user`,
      `alter role $user set ${setting}`,
    );
    await sql.unsafe(`update ${table} set name = 'é 静香' where id = 1`);
    await using action = openAction({ as: user });
    const report = await action.tokenize(`public.${table}`, ["name", "note"]);
    assertReport(report, { updated: 20, skipped: 0 });
    const names = await valuesOf(table, "name");
    assert.deepEqual(names.slice(0, 2), [tokenOf("é 静香"), tokenOf("canary 2")]);
    assert.deepEqual((await valuesOf(table, "note")).slice(0, 2), [null, tokenOf("note")]);
  });
}

Deno.test("a statement_timeout of the role fails the run as a timeout, and changes nothing", async () => {
  await makePeople("slow");
  const user = await createUser(
    "grant select, update on slow to $user",
    "alter role $user set statement_timeout = '2s'",
  );
  await using action = openAction({ as: user, lockTimeoutMs: 20_000 });
  await using other = database.connect();
  await other`begin`;
  await other`select from slow where id = 3 for update`;
  const error = await assertUnchanged(
    "slow",
    () => action.fails("timeout", "public.slow", ["name"]),
  );
  assert.equal(error.facts.sqlState, "57014");
  await other`rollback`;
  assert.equal((await action.tokenize("public.slow", ["name"])).updated, 20);
});

Deno.test("a session that the server ends because it is idle fails the run, and changes nothing", async () => {
  await makePeople("idling");
  const user = await createUser(
    "grant select, update on idling to $user",
    "alter role $user set idle_in_transaction_session_timeout = '50ms'",
  );
  const gate = gatedSdk();
  await using action = openAction({ as: user, tokenSdk: gate.sdk });
  await assertUnchanged("idling", async () => {
    const run = action.fails("database_unreachable", "public.idling", ["name"]);
    await Promise.race([gate.reached, run]); // on a busy machine it may idle before that
    await until(async () => (await sessionsAtWork()).length === 0);
    gate.open();
    await run;
  });
  await sql.unsafe(`alter role ${user.name} reset idle_in_transaction_session_timeout`);
  assert.equal((await action.tokenize("public.idling", ["name"])).updated, 20);
});

Deno.test("a session terminated between two batches fails the run; the next run connects again", async () => {
  await makePeople("cut_off", 6000);
  const gate = gatedSdk(2);
  await using action = openAction({ tokenSdk: gate.sdk });
  await assertUnchanged("cut_off", async () => {
    const run = action.fails("database_unreachable", "public.cut_off", ["name"]);
    await gate.reached;
    await database.terminateSessions();
    await until(async () => (await sessionsAtWork()).length === 0);
    gate.open();
    await run;
  });
  assert.equal((await action.tokenize("public.cut_off", ["name"])).updated, 6000);
});

Deno.test("a session terminated during a statement fails the run, with statements queued behind it", async () => {
  await makePeople("cut_short", 6000);
  await sql.unsafe(`create function wait() returns trigger language plpgsql as
    $$begin perform pg_advisory_xact_lock(77); return new; end$$;
    create trigger waits before update on cut_short for each row execute function wait()`);
  await using other = database.connect();
  await other`select pg_advisory_lock(77)`;
  await using action = openAction({ allowTriggers: true, lockTimeoutMs: 60_000 });
  await assertUnchanged("cut_short", async () => {
    const run = action.fails("database_unreachable", "public.cut_short", ["name"]);
    await database.untilBlocked();
    await database.terminateSessions();
    await run;
  });
});

Deno.test("an idle session that was terminated is not used for the next run", async () => {
  await makePeople("after_idle");
  await using action = openAction();
  await action.tokenize("public.after_idle", ["name"]);
  await database.terminateSessions();
  await until(async () => (await database.sessions()).length === 0);
  assert.equal((await action.tokenize("public.after_idle", ["note"])).updated, 10);
});

Deno.test("successive runs share a session, and close() ends it", async () => {
  await makePeople("shared");
  {
    await using action = openAction();
    await action.tokenize("public.shared", ["name"]);
    const [first, ...others] = await database.sessions();
    assert.deepEqual(others, []);
    await action.tokenize("public.shared", ["note"]);
    assert.deepEqual((await database.sessions()).map(({ pid }) => pid), [first?.pid]);
  }
  await until(async () => (await database.sessions()).length === 0);
});

Deno.test("a run stopped before it starts changes nothing", async () => {
  await makePeople("unstarted");
  await using action = openAction();
  const signal = AbortSignal.abort(shuttingDown());
  await assertUnchanged(
    "unstarted",
    () => action.fails("shutting_down", "public.unstarted", ["name"], { signal }),
  );
});

Deno.test("a run stopped while the token SDK hangs is rolled back", async () => {
  await makePeople("waiting", 6000);
  const gate = gatedSdk(2); // never opened
  await using action = openAction({ tokenSdk: gate.sdk });
  const end = new AbortController();
  await assertUnchanged("waiting", async () => {
    const run = action.fails("shutting_down", "public.waiting", ["name"], { signal: end.signal });
    await gate.reached;
    end.abort(shuttingDown());
    await run;
  });
  await until(async () => (await sessionsAtWork()).length === 0);
  const locks = await sql`select from pg_locks where relation = 'waiting'::regclass`;
  assert.equal(locks.length, 0);
});

Deno.test("a run stopped during a statement cancels it and is rolled back", async () => {
  await makePeople("blocked");
  await using action = openAction({ lockTimeoutMs: 600_000 });
  await using other = database.connect();
  await other`begin`;
  await other`select from blocked where id = 3 for update`;
  const end = new AbortController();
  await assertUnchanged("blocked", async () => {
    const run = action.fails("shutting_down", "public.blocked", ["name"], { signal: end.signal });
    await database.untilBlocked();
    end.abort(shuttingDown());
    await run;
    await until(async () => (await sessionsAtWork()).length === 0); // with the lock still held
  });
  await other`rollback`;
  assert.equal((await action.tokenize("public.blocked", ["name"])).updated, 20);
});

Deno.test("a run stopped while no statement is under way sends no other", async () => {
  await makePeople("between");
  await using other = database.connect();
  await other`begin`;
  await other`select from between where id = 3 for update`;
  const end = new AbortController();
  await using action = openAction({
    lockTimeoutMs: 600_000,
    pushdown: true,
    tokenSdk() {
      end.abort(shuttingDown());
      return Promise.resolve(dummySdk);
    },
  });
  await assertUnchanged(
    "between",
    () => action.fails("shutting_down", "public.between", ["name"], { signal: end.signal }),
  );
  await until(async () => (await sessionsAtWork()).length === 0); // with the lock still held
});

Deno.test("a run stopped during pushdown cancels it and is rolled back", async () => {
  await makePeople("pushed");
  const user = await createUser("grant select (name), update (name) on pushed to $user");
  await using action = openAction({ as: user, lockTimeoutMs: 600_000 });
  await using other = database.connect();
  await other`begin`;
  await other`select from pushed where id = 3 for update`;
  const end = new AbortController();
  const before = await database.rowVersions("pushed");
  const run = action.fails("shutting_down", "public.pushed", ["name"], { signal: end.signal });
  await database.untilBlocked();
  end.abort(shuttingDown());
  await run;
  assert.deepEqual(await database.rowVersions("pushed"), before);
  await until(async () => (await sessionsAtWork()).length === 0);
});

Deno.test("a run stopped with its last batch is rolled back in full", async () => {
  await makePeople("late_end");
  await using action = openAction();
  const end = new AbortController();
  const onProgress = () => end.abort(shuttingDown());
  await assertUnchanged(
    "late_end",
    () =>
      action.fails("shutting_down", "public.late_end", ["name"], {
        signal: end.signal,
        onProgress,
      }),
  );
  assert.equal((await action.tokenize("public.late_end", ["name"])).updated, 20);
});

Deno.test("an SDK that fails or returns nonsense changes nothing, and its message is not passed on", async () => {
  await makePeople("sdk_fails", 6000);
  const { pattern, maxTokenLength } = gatedSdk().sdk;
  const give = {
    "an error": () => Promise.reject(new Error("cannot tokenize canary 1")),
    "too few": (values: readonly string[]) => values.slice(1).map(tokenOf),
    "no tokens": (values: readonly string[]) => [...values],
    "nothing": (values: readonly string[]) => values.map(() => null as unknown as string),
  };
  for (const [title, tokenize] of Object.entries(give)) {
    await using action = openAction({
      tokenSdk: { pattern, maxTokenLength, tokenize },
    });
    const code = title === "an error" ? "internal" : "token_sdk_error";
    await assertUnchanged(
      "sdk_fails",
      () => action.fails(code, "public.sdk_fails", ["name", "note"]),
    );
  }
});
