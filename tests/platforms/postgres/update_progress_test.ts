/** How far one UPDATE has come, seen from another connection while it is under way. */
import assert from "node:assert/strict";
import type { Progress } from "../../../src/platforms/platform.ts";
import { dummySdk, useDatabase } from "../../support/action_fixture.ts";
import type { TestUser } from "../../support/test_database.ts";

const ROWS = 40_000;

const database = await useDatabase();
const { sql } = database;

Deno.test("one statement's progress is an estimate that grows to what the run has updated", async () => {
  await slowTable("whole", "");
  const { report, seen } = await follow("whole");
  assert.deepEqual([report.updated, report.skipped, report.method], [ROWS, 0, "pushdown"]);
  assertGrows(seen, { skipped: 0 });
});

Deno.test("rows with nothing to write are no part of what is left", async () => {
  await slowTable("half_done", "case when n % 2 = 0 then null else 'canary' || n end");
  const { report, seen } = await follow("half_done");
  assert.deepEqual([report.updated, report.skipped], [ROWS / 2, ROWS / 2]);
  assertGrows(seen, { skipped: ROWS / 2 });
});

Deno.test("partitions count by their size", async () => {
  await sql.unsafe(`
    create table parts (n int, email text) partition by range (n);
    create table parts_1 partition of parts for values from (0) to (${ROWS / 4});
    create table parts_2 partition of parts for values from (${ROWS / 4}) to (${ROWS + 1});
    insert into parts select n, 'canary' || n from generate_series(1, ${ROWS}) n;`);
  for (const part of ["parts_1", "parts_2"]) await slowly(part); // before 13 not for both at once
  const { report, seen } = await follow("parts");
  assert.equal(report.updated, ROWS);
  assertGrows(seen, { skipped: 0 });
});

Deno.test("a role that may not see which transaction replaced a row gets no estimate, and no error", async () => {
  await slowTable("columns_only", "");
  const user = await database.createUser(
    "grant select (email), update (email) on columns_only to $user",
  );
  const { report, seen } = await follow("columns_only", user);
  assert.deepEqual([report.updated, seen], [ROWS, []]);
});

async function follow(table: string, as?: TestUser) {
  const seen: Progress[] = [];
  await using action = database.openAction({
    ...(as && { as }),
    allowTriggers: true,
    pushdown: true,
    tokenSdk: dummySdk,
  });
  const onProgress = (progress: Progress) => void seen.push(progress);
  const report = await action.tokenize(`public.${table}`, ["email"], { onProgress });
  return { report, seen };
}

function assertGrows(seen: readonly Progress[], { skipped }: { readonly skipped: number }): void {
  const shown = JSON.stringify(seen);
  assert.ok(seen.length >= 2, shown);
  const within = (value: number | undefined, expected: number) =>
    Math.abs(value! - expected) <= 0.1 * ROWS;
  for (const [i, each] of seen.entries()) {
    assert.equal(each.isEstimate, true);
    assert.ok(within(each.total, ROWS) && within(each.skipped, skipped), shown);
    assert.ok(each.updated >= (seen[i - 1]?.updated ?? 0), shown);
    assert.ok(each.updated + each.skipped! <= each.total, shown);
  }
  const first = seen[0]!, last = seen.at(-1)!;
  assert.ok(first.updated < 0.9 * (ROWS - skipped), shown); // not all at once
  assert.ok(last.updated > first.updated, shown);
}

/** Each row has `value`, by default a text of its own. */
async function slowTable(name: string, value: string): Promise<void> {
  await sql.unsafe(`
    create table ${name} as
      select n, ${value || "'canary' || n"} as email from generate_series(1, ${ROWS}) n;`);
  await slowly(name);
}

/** An UPDATE of the table takes five seconds. */
async function slowly(name: string): Promise<void> {
  await sql.unsafe(`
    create function wait_${name}() returns trigger language plpgsql as
      $$ begin if new.n % 400 = 1 then perform pg_sleep(${
    500 / ROWS * 4
  }); end if; return new; end $$;
    create trigger wait before update on ${name} for each row execute function wait_${name}();`);
}
