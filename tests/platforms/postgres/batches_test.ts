/** The commit mode `batches`: many transactions, over several connections. */
import assert from "node:assert/strict";
import { ServiceError } from "../../../src/errors.ts";
import type { Progress } from "../../../src/platforms/platform.ts";
import { assertReport } from "../../support/assertions.ts";
import { clientSdk, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const { sql, openAction, valuesOf, createUser } = await useDatabase();

/** About three batches of 8 MiB. */
const ROWS = 60_000;
const BATCHES = { commit: "batches", connections: 2 } as const;

async function makeRows(table: string, rows = ROWS): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text, filler text);
    insert into ${table} select n, 'canary ' || n, repeat('x', 330) from generate_series(1, ${rows}) n`);
}

const expected = (rows: number) =>
  Array.from({ length: rows }, (_, i) => tokenOf(`canary ${i + 1}`)).toSorted();

for (const method of ["client", "pushdown"] as const) {
  const options = method === "client" ? { tokenSdk: clientSdk } : { pushdown: true };

  Deno.test(`each batch is a transaction, and the counts add up (${method})`, async () => {
    await makeRows(`many_${method}`);
    await using action = openAction(options);
    const seen: number[] = [];
    const report = await action.tokenize(`public.many_${method}`, ["name"], {
      ...BATCHES,
      onProgress: ({ updated }) => seen.push(updated),
    });
    assertReport(report, { updated: ROWS, skipped: 0, method });
    assert.deepEqual((await valuesOf(`many_${method}`, "name")).toSorted(), expected(ROWS));
    const [versions] = await sql.unsafe(
      `select count(distinct xmin::text)::int as transactions from many_${method}`,
    );
    assert.ok(versions!.transactions > 1);
    assert.equal(seen.at(-1), ROWS);
    const again = await action.tokenize(`public.many_${method}`, ["name"], BATCHES);
    assertReport(again, { updated: 0, skipped: ROWS });
  });

  Deno.test(`what was committed before a failure is kept, reported, and not done again (${method})`, async () => {
    await makeRows(`stops_${method}`);
    // as a volatile function it is not tried beforehand
    await sql.unsafe(
      `create function takes_${method}(id int, name text) returns boolean language sql
        volatile as $$ select id <> ${ROWS} or name not like 'tok%' $$;
      alter table stops_${method} add constraint stop check (takes_${method}(id, name))`,
    );
    await using action = openAction(options);
    const one = { commit: "batches", connections: 1 } as const;
    const error = await action.fails(
      "constraint_violation",
      `public.stops_${method}`,
      ["name"],
      one,
    );
    const [left] = await sql.unsafe(
      `select count(*)::int as rows from stops_${method} where name like 'canary%'`,
    );
    assert.ok(left!.rows > 0 && left!.rows < ROWS);
    const [done, open] = [ROWS - left!.rows, left!.rows].map((rows) =>
      rows.toLocaleString("en-US")
    );
    const outcome = `; ${done} rows were committed before, ${open} are left, run again`;
    assert.ok(error.message.includes(outcome), error.message);
    await sql.unsafe(`alter table stops_${method} drop constraint stop`);
    const rest = await action.tokenize(`public.stops_${method}`, ["name"], BATCHES);
    assertReport(rest, { updated: left!.rows, skipped: ROWS - left!.rows });
  });
}

Deno.test("a run that goes on after an interrupted one begins where that one ended", async () => {
  await makeRows("goes_on");
  await using action = openAction({ pushdown: true });
  const end = new AbortController();
  const one = { commit: "batches", connections: 1 } as const;
  await action.fails("shutting_down", "public.goes_on", ["name"], {
    ...one,
    signal: end.signal,
    onProgress: () => end.abort(new ServiceError("shutting_down", "Cannot finish the run")),
  });
  const [left] = await sql`select count(*)::int as rows from goes_on where name like 'canary%'`;
  const skipped = ROWS - left!.rows;
  assert.ok(skipped > 0 && left!.rows > 0);
  const seen: Progress[] = [];
  const report = await action.tokenize("public.goes_on", ["name"], {
    ...one,
    onProgress: (progress) => seen.push(progress),
  });
  assertReport(report, { updated: left!.rows, skipped });
  assert.ok(seen.every((each) => each.skipped === skipped && each.total === ROWS), `${seen}`);
  assert.equal(seen.at(-1)?.updated, left!.rows);
});

Deno.test("all partitions are processed in one run", async () => {
  await sql.unsafe(`create table parted (id int, name text) partition by range (id);
    create table parted_a partition of parted for values from (0) to (100);
    create table parted_b partition of parted for values from (100) to (100000);
    insert into parted select n, 'canary ' || n from generate_series(1, 5000) n`);
  await using action = openAction();
  const report = await action.tokenize("public.parted", ["name"], BATCHES);
  assertReport(report, { updated: 5000, skipped: 0 });
  assert.deepEqual((await valuesOf("parted", "name")).toSorted(), expected(5000));
});

Deno.test("rows that others add during the run are found by the final scan", async () => {
  await makeRows("moving");
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.moving", ["name"], { commit: "batches", connections: 1 });
  await gate.reached;
  await sql`insert into moving select n, 'added ' || n, '' from generate_series(1, 500) n`;
  await sql`insert into moving select n, 'tok_ and tk1_ ' || n, '' from generate_series(1, 500) n`;
  gate.open();
  const report = await run;
  assertReport(report, { updated: ROWS + 1000, skipped: 0 });
});

Deno.test("a row that others change after it was read ends with the token of the new value", async () => {
  await makeRows("overtaken");
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.overtaken", ["name"], { commit: "batches", connections: 1 });
  await gate.reached;
  await sql`update overtaken set name = 'newer' where id = 1`;
  await sql`delete from overtaken where id = 2`;
  gate.open();
  const report = await run;
  assertReport(report, { updated: ROWS - 1, skipped: 0 });
  const [newest] = await sql`select name from overtaken where id = 1`;
  assert.equal(newest!.name, tokenOf("newer"));
  const [plain] = await sql`
    select count(*)::int as rows from overtaken where name not like 'tok%'`;
  assert.equal(plain!.rows, 0);
});

Deno.test("a role that may read only the columns and the row address can run in batches", async () => {
  await makeRows("by_column", 1000);
  const user = await createUser(
    "grant select (name, ctid, tableoid), update (name) on by_column to $user",
  );
  await using action = openAction({ as: user, tokenSdk: clientSdk });
  const report = await action.tokenize("public.by_column", ["name"], BATCHES);
  assertReport(report, { updated: 1000, skipped: 0, method: "client" });
});

Deno.test("a run in batches fails if a trigger restores the values", async () => {
  await makeRows("stubborn", 100);
  await sql.unsafe(`create function keep_old() returns trigger language plpgsql as
    $$ begin new.name = old.name; return new; end $$;
    create trigger keep before update on stubborn for each row execute function keep_old()`);
  await using action = openAction({ allowTriggers: true });
  const error = await action.fails("table_not_supported", "public.stubborn", ["name"], BATCHES);
  assert.match(
    error.message,
    /do its triggers put them back\?; 0 rows were committed before, 100 are left/,
  );
});

Deno.test("a run in batches excludes any other run on the table", async () => {
  await makeRows("shared", 1000);
  const gate = gatedSdk();
  await using action = openAction({ tokenSdk: gate.sdk });
  const run = action.tokenize("public.shared", ["name"], BATCHES);
  await gate.reached;
  await action.fails("run_in_progress", "public.shared", ["name"]);
  await action.fails("run_in_progress", "public.shared", ["name"], BATCHES);
  gate.open();
  assert.equal((await run).updated, 1000);
  assert.equal((await action.tokenize("public.shared", ["name"])).updated, 0);
});

Deno.test("a dry run of batches counts and changes nothing", async () => {
  await makeRows("counted", 100);
  await using action = openAction();
  const report = await action.tokenize("public.counted", ["name"], { ...BATCHES, dryRun: true });
  assertReport(report, { updated: 100, skipped: 0 });
  assert.equal((await valuesOf("counted", "name"))[0], "canary 1");
});
