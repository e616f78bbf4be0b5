/** Other sessions write to the same table: no change of theirs is lost, and a run that cannot continue says why. */
import assert from "node:assert/strict";
import { SQL_APPLICATION } from "../../../scripts/servers/postgres/sql.ts";
import { problemResponse } from "../../../src/http/problem.ts";
import { assertReport } from "../../support/assertions.ts";
import { dummySdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const database = await useDatabase();
const { sql, openAction, valuesOf, createUser } = database;

/** More rows than a run reads ahead: at the first batch, some are neither read nor locked. */
const ROWS = 8000;

async function makePeople(table: string, rows = ROWS): Promise<void> {
  await sql.unsafe(`create table ${table} (id int primary key, name text, note text);
    insert into ${table} select n, 'canary ' || n from generate_series(1, ${rows}) n`);
}

/** The application name of the other connections. */
const THEIRS = SQL_APPLICATION;

Deno.test("a change to a row that the run has locked waits for the run, and is kept", async () => {
  await makePeople("held");
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  await using writer = database.connect();
  const run = action.tokenize("public.held", ["name"]);
  await gate.reached;
  const written = writer`update held set name = 'written meanwhile' where id = 1`;
  await database.untilBlocked(THEIRS);
  gate.open();
  assert.equal((await run).updated, ROWS);
  await written;
  const values = await valuesOf("held", "name");
  assert.equal(values[0], "written meanwhile");
  assert.equal(values[1], tokenOf("canary 2"));
});

Deno.test("a row that is changed before the run reads it is tokenized in its new version", async () => {
  await makePeople("changed");
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.changed", ["name"]);
  await gate.reached;
  await sql`update changed set name = 'newer' where id = 7000`;
  await sql`update changed set name = ${tokenOf("their own")} where id = 7001`;
  await sql`update changed set name = null where id = 7002`;
  await sql`update changed set note = 'a note' where id = 7003`;
  await sql`delete from changed where id = 7004`;
  await sql`insert into changed values (90000, 'inserted meanwhile')`;
  gate.open();
  const report = await run;
  assertReport(report, { updated: ROWS - 3, skipped: 3 });
  const rows = await sql`select id, name, note from changed where id >= 6999 order by id`;
  const byId = new Map(rows.map(({ id, name, note }) => [id, [name, note]]));
  assert.deepEqual(byId.get(6999), [tokenOf("canary 6999"), null]);
  assert.deepEqual(byId.get(7000), [tokenOf("newer"), null]);
  assert.deepEqual(byId.get(7001), [tokenOf("their own"), null]);
  assert.deepEqual(byId.get(7002), [null, null]);
  assert.deepEqual(byId.get(7003), [tokenOf("canary 7003"), "a note"]);
  assert.equal(byId.get(7004), undefined);
  assert.deepEqual(byId.get(90000), ["inserted meanwhile", null]);
  const next = await action.tokenize("public.changed", ["name"]);
  assertReport(next, { updated: 1, skipped: ROWS - 1 });
});

for (const pushdown of [false, true]) {
  const way = pushdown ? "pushdown" : "client";

  Deno.test(`the run waits for a change in progress, and tokenizes its outcome (${way})`, async () => {
    const table = `pending_${way}`;
    await makePeople(table, 10);
    await using action = openAction({ pushdown });
    await using writer = database.connect();
    await writer`begin`;
    await writer`update ${writer(table)} set name = 'half done' where id = 1`;
    await writer`update ${writer(table)} set name = ${tokenOf("their own")} where id = 2`;
    await writer`delete from ${writer(table)} where id = 3`;
    const run = action.tokenize(`public.${table}`, ["name"]);
    await database.untilBlocked();
    await writer`update ${writer(table)} set name = 'done' where id = 1`;
    await writer`commit`;
    const report = await run;
    // by push-down the rows are counted at the end, when the deleted one is gone
    assertReport(report, { updated: 8, skipped: pushdown ? 1 : 2 });
    const values = await valuesOf(table, "name");
    assert.deepEqual(values.slice(0, 3), ["done", "their own", "canary 4"].map(tokenOf));
  });

  Deno.test(`after a change is rolled back, the old value is tokenized (${way})`, async () => {
    const table = `taken_back_${way}`;
    await makePeople(table, 10);
    await using action = openAction({ pushdown });
    await using writer = database.connect();
    await writer`begin`;
    await writer`update ${writer(table)} set name = 'never' where id = 1`;
    const run = action.tokenize(`public.${table}`, ["name"]);
    await database.untilBlocked();
    await writer`rollback`;
    assert.equal((await run).updated, 10);
    assert.equal((await valuesOf(table, "name"))[0], tokenOf("canary 1"));
  });

  const LOCKS = {
    "a row": "select from locked where id = 5 for update",
    "the table": "lock table locked in access exclusive mode",
    "the table against writers": "lock table locked in share row exclusive mode",
  };
  for (const [title, lock] of Object.entries(LOCKS)) {
    Deno.test(`a lock on ${title} that outlasts the timeout fails the run and changes nothing (${way})`, async () => {
      await sql`drop table if exists locked`;
      await makePeople("locked", 10);
      await using action = openAction({ lockTimeoutMs: 50, pushdown });
      await using other = database.connect();
      await other`begin`;
      await other.unsafe(lock);
      const error = await action.fails("lock_timeout", "public.locked", ["name"]);
      assert.equal(error.facts.sqlState, "55P03");
      await other`rollback`;
      const report = await action.tokenize("public.locked", ["name"]);
      assertReport(report, { updated: 10, skipped: 0 });
    });
  }
}

Deno.test("a second run on the table is refused during the first, also from another process", async () => {
  await makePeople("busy", 10);
  await makePeople("idle", 10);
  const gate = gatedSdk();
  await using first = openAction({ tokenSdk: gate.sdk });
  await using elsewhere = openAction();
  const run = first.tokenize("public.busy", ["name"]);
  await gate.reached;
  for (const action of [first, elsewhere]) {
    const error = await action.fails("run_in_progress", "public.busy", ["note"]);
    assert.match(error.message, /another run on it is under way$/);
    assert.ok(problemResponse(error).headers.get("retry-after"));
    const look = await action.tokenize("public.busy", ["name"], { dryRun: true });
    assertReport(look, { updated: 10, skipped: 0 });
  }
  assert.equal((await elsewhere.tokenize("public.idle", ["name"])).updated, 10);
  gate.open();
  assert.equal((await run).updated, 10);
  assert.equal((await elsewhere.tokenize("public.busy", ["name"])).updated, 0);
});

Deno.test("a failed run does not block the next one", async () => {
  await makePeople("fails_first", 10);
  await sql`alter table fails_first add constraint refuses check (name like 'canary%')`;
  await using action = openAction();
  await action.fails("constraint_violation", "public.fails_first", ["name"]);
  await sql`alter table fails_first drop constraint refuses`;
  assert.equal((await action.tokenize("public.fails_first", ["name"])).updated, 10);
});

Deno.test("a run that loses a deadlock changes nothing", async () => {
  await makePeople("deadlocked");
  const user = await createUser(
    "grant select, update on deadlocked to $user",
    "alter role $user set deadlock_timeout = '50ms'",
  );
  const gate = gatedSdk();
  await using action = openAction({ as: user, tokenSdk: gate.sdk, lockTimeoutMs: 20_000 });
  await using other = database.connect();
  await other`set deadlock_timeout = '1min'`;
  await other`begin`;
  await other`update deadlocked set note = 'x' where id = ${ROWS}`;
  const run = action.fails("conflict", "public.deadlocked", ["name"]);
  await gate.reached;
  const waiting = other`update deadlocked set note = 'x' where id = 1`;
  await database.untilBlocked(THEIRS);
  gate.open();
  assert.equal((await run).facts.sqlState, "40P01");
  await waiting;
  await other`commit`;
  const [row] = await sql`select count(*)::int as rows from deadlocked where name like 'tok%'`;
  assert.equal(row?.rows, 0);
});

Deno.test("a row that moves to another partition during the run is a conflict", async () => {
  await sql.unsafe(`
    create table moving (id int, part int, name text) partition by list (part);
    create table moving_1 partition of moving for values in (1);
    create table moving_2 partition of moving for values in (2);
    insert into moving select n, 1, 'canary ' || n from generate_series(1, ${ROWS}) n`);
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.fails("conflict", "public.moving", ["name"]);
  await gate.reached;
  await sql`update moving set part = 2 where id = 7000`;
  gate.open();
  await run;
  assert.equal((await action.tokenize("public.moving", ["name"])).updated, ROWS);
});

Deno.test("a trigger that is added while a run works waits for its end, and copies nothing", async () => {
  await makePeople("altered", 10);
  await sql.unsafe(`create table stolen (name text); create function steal() returns trigger
    language plpgsql as $$begin insert into public.stolen values (old.name); return new; end$$`);
  await using other = database.connect();
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.altered", ["name"]);
  await gate.reached;
  const adding = other`create trigger thief before update on altered
    for each row execute function steal()`;
  await database.untilBlocked(SQL_APPLICATION);
  gate.open();
  assert.equal((await run).updated, 10);
  await adding;
  assert.equal((await sql`select from stolen`).length, 0);
});

Deno.test("another table that takes the name after the look-up is not written to", async () => {
  await makePeople("original", 10);
  await makePeople("impostor", 10);
  await using action = openAction({
    tokenSdk: async () => {
      await sql`alter table original rename to gone`;
      await sql`alter table impostor rename to original`;
      return dummySdk;
    },
  });
  const error = await action.fails("conflict", "public.original", ["name"]);
  assert.match(error.message, /was altered during the run/);
  for (const table of ["gone", "original"]) {
    assert.equal((await valuesOf(table, "name"))[0], "canary 1");
  }
});

Deno.test("the table cannot be altered while the run reads it", async () => {
  await makePeople("steady", 10);
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  await using other = database.connect();
  const run = action.tokenize("public.steady", ["name"]);
  await gate.reached;
  await other`set lock_timeout = '20ms'`;
  for (const change of ["rename to other_name", "drop name", "enable row level security"]) {
    await assert.rejects(other.unsafe(`alter table steady ${change}`), { code: "55P03" });
  }
  gate.open();
  assert.equal((await run).updated, 10);
});
