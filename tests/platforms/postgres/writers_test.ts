/**
 * Others write to the table all through a run, for each method: what they write survives, and every
 * value that was there before is tokenized.
 */
import assert from "node:assert/strict";
import { type Sql, SQL_APPLICATION } from "../../../scripts/servers/postgres/sql.ts";
import {
  type ActionOptions,
  type RunOptions,
  tokenOf,
  useDatabase,
} from "../../support/action_fixture.ts";
import { until } from "../../../scripts/servers/until.ts";

const database = await useDatabase();
const { sql, openAction } = database;

const WRITERS = 3;
/** How much they write at most once the run continues; otherwise batches might never finish. */
const MOST_WRITES = 1200;
/** A lock on this row holds the run until they have written. They leave the row alone. */
const HELD_ID = 1;
/** The application name of their sessions. */
const THEIRS = SQL_APPLICATION;

interface Way {
  readonly options: ActionOptions;
  readonly run: RunOptions;
  readonly rows: number;
  readonly rowBytes: number;
}

/** A table of 8 MiB and more is read through a second connection. */
const large = { rows: 8000, rowBytes: 1800 };
const small = { rows: 8000, rowBytes: 100 };

const WAYS: Readonly<Record<string, Way>> = {
  "client, one connection": { options: {}, run: {}, ...small },
  "client, two connections": { options: {}, run: {}, ...large },
  "pushdown": { options: { pushdown: true }, run: {}, ...large },
  "batches, client": { options: {}, run: { commit: "batches" }, ...large },
  "batches, pushdown": { options: { pushdown: true }, run: { commit: "batches" }, ...large },
  "rewrite": { options: {}, run: { strategy: "rewrite" }, ...large },
};

for (const [title, way] of Object.entries(WAYS)) {
  Deno.test(`concurrent writers lose nothing (${title})`, async () => {
    await makeTable(way);
    await using action = openAction({ lockTimeoutMs: 600_000, ...way.options });
    await using crew = writers();
    await using holder = database.connect();
    await holder`begin`;
    await holder`select from written where id = ${HELD_ID} for update`;
    await crew.haveWritten(5 * WRITERS);
    const run = action.tokenize("public.written", ["name"], way.run)
      .then(({ updated }) => updated, (error: Error) => error);
    await database.untilBlocked();
    if (way.run.strategy === "rewrite") await database.untilBlocked(THEIRS); // it keeps them out
    else await crew.haveWritten(crew.writes() + WRITERS);
    crew.endSoon();
    await holder`commit`;
    const updated = await run;
    await crew.stop();
    if (updated instanceof Error) {
      assert.equal(way.run.commit, "batches", updated.message);
      assert.match(updated.message, /other writers add values as fast as they are tokenized/);
    } else assert.ok(updated > way.rows / 2);
    await checkTable(way.rows);

    await action.tokenize("public.written", ["name"], way.run);
    const [left] = await sql`select count(*)::int as rows from written where name not like 'tok%'`;
    assert.equal(left!.rows, 0);
    await checkTable(way.rows);
  });
}

async function makeTable({ rows, rowBytes }: Way): Promise<void> {
  await sql.unsafe(`drop table if exists written, ledger;
    create table written (id int primary key, name text, note text);
    insert into written select n, 'canary ' || n, repeat('x', ${rowBytes}) from generate_series(1, ${rows}) n;
    create table ledger (id int primary key, name text, deletions int not null default 0);
    analyze written`);
}

/** Checks each row against what its last writer noted in the ledger. */
async function checkTable(rows: number): Promise<void> {
  const found = await sql<
    { id: number; name: string | null; ledger: string | null; is_in: boolean }[]
  >`
    select coalesce(w.id, l.id) as id, w.name, l.name as ledger, l.id is not null as is_in
    from written w full join ledger l using (id)`;
  for (const { id, name, ledger, is_in } of found) {
    if (!is_in) assert.equal(name, tokenOf(`canary ${id}`), `row ${id} was left, or got another's`);
    else if (ledger === null) assert.equal(name, null, `row ${id} was deleted, and came back`);
    else {
      const isKept = name === ledger || name === tokenOf(ledger);
      assert.ok(isKept, `row ${id} lost what was written`);
    }
  }
  assert.ok(found.length >= rows, "rows are gone");
}

/** Sessions that insert, update and delete, and note in the same statement what they did. */
function writers() {
  let writes = 0;
  let most = Infinity;
  const work = async (number: number) => {
    await using connection = database.connect();
    for (let i = 0; writes < most; i++) {
      await writeOnce(connection, number, i);
      writes++;
    }
  };
  const all = Promise.all(Array.from({ length: WRITERS }, (_, number) => work(number)));
  all.catch(() => {});
  const stop = async () => {
    most = 0;
    await all;
  };
  return {
    writes: () => writes,
    haveWritten: (count: number) => until(() => writes >= count, "the writers do not write"),
    endSoon: () => void (most = writes + MOST_WRITES),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function writeOnce(connection: Sql, writer: number, i: number): Promise<void> {
  const id = HELD_ID + 1 + (i * 7919 + writer * 2741) % 7999;
  const name = `written by ${writer} at ${i}`;
  const note = (what: string) =>
    `with done as (${what})
    insert into ledger select id, name from done
    on conflict (id) do update set name = excluded.name`;
  const statement = {
    0: note(`update written set name = '${name}' where id = ${id} returning id, name`),
    1: note(`delete from written where id = ${id} returning id, null::text as name`),
    2: note(
      `insert into written values (${
        100_000 * (writer + 1) + i
      }, '${name}', '') returning id, name`,
    ),
    // the row moves, and its name is as it was
    3: `update written set note = 'moved' where id = ${id}`,
  }[i % 4]!;
  await connection.unsafe(statement);
}
