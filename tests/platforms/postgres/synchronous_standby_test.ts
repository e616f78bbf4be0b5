/**
 * A synchronous standby that is not there: COMMIT waits for it for ever, and is said to. What is known of
 * a COMMIT that is cancelled is that it was done here.
 */
import assert from "node:assert/strict";
import { openSql } from "../../../scripts/servers/postgres/sql.ts";
import { until } from "../../../scripts/servers/until.ts";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { openAction, tokenOf, urnOf, useDatabase } from "../../support/action_fixture.ts";
import { fromSource, spawnProgram } from "../../support/program.ts";

const server = await startPostgres({ settings: { synchronous_standby_names: "nobody" } });
Deno.test.afterAll(() => server.remove());
const env = { PG_CONN_STR: server.url() };

/** A connection whose own COMMITs do not wait. */
function connect() {
  return openSql(server.url(), { parameters: { synchronous_commit: "local" } });
}

async function withTable(
  name: string,
  work: (tokens: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const sql = connect();
  try {
    await sql`create table ${sql(name)} as
      select n as id, 'canary ' || n as email from generate_series(1, 20) n`;
    await work(async () => {
      const rows = await sql`select email from ${sql(name)} where email like 'tok!_%' escape '!'`;
      return rows.length;
    });
  } finally {
    await sql.end();
  }
}

const dataset = (table: string) => [
  "--urn",
  urnOf(`postgres.public.${table}`),
  "--columns",
  "email",
];

for (const [signal, mode] of [["SIGINT", "atomic"], ["SIGTERM", "rewrite"]] as const) {
  Deno.test(`a COMMIT that waits for a standby is said to wait, and ${signal} leaves it done (${mode})`, async () => {
    await withTable(mode, async (tokens) => {
      const how = mode === "rewrite" ? ["--strategy", "rewrite"] : [];
      const args = ["run", ...dataset(mode), ...how];
      await using running = spawnProgram(fromSource, args, { ...env, LOG_FORMAT: "json" });
      await running.logged("commit_waiting");
      const { code, stdout, stderr } = await running.stop(signal);
      const report = JSON.parse(stdout);
      assert.deepEqual([code, report.updated, report.warnings], [
        0,
        20,
        ["dummy_tokens", "sync_standby_wait_cancelled"],
      ]);
      assert.doesNotMatch(stderr, /rolled back|nothing was changed|run_failed/);
      assert.equal(await tokens(), 20);
    });
  });
}

Deno.test("batches whose COMMITs wait are counted as committed when a signal ends the run", async () => {
  await withTable("in_batches", async (tokens) => {
    const args = ["run", ...dataset("in_batches"), "--commit", "batches", "--connections", "1"];
    await using running = spawnProgram(fromSource, args, { ...env, LOG_FORMAT: "json" });
    await running.logged("commit_waiting");
    const { code, stderr } = await running.stop("SIGINT");
    assert.equal(code, 130);
    assert.match(stderr, /; 20 rows were committed before, 0 are left, run again to go on/);
    assert.equal(
      running.log().find(({ event }) => event === "run_warned")?.warning,
      [
        "sync_standby_wait_cancelled",
      ].join(),
    );
    assert.equal(await tokens(), 20);
  });
});

Deno.test("a session that is ended while it waits leaves the outcome open, and never rolled back", async () => {
  await withTable("terminated", async (tokens) => {
    await using action = openAction(server.url());
    const run = action.fails("database_unreachable", "public.terminated", ["email"]);
    const sql = connect();
    await until(async () => {
      const ended = await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'tokenize-action' and wait_event = 'SyncRep'`;
      return ended.length > 0;
    });
    await sql.end();
    assert.match((await run).message, /^Cannot tell whether the run was committed: /);
    assert.equal(await tokens(), 20);
  });
});

const database = await useDatabase();

Deno.test("what a trigger warns of reaches the report as a word, and a mere notice does not", async () => {
  const { sql } = database;
  for (
    const [level, warnings] of [["warning", ["server_warning"]], ["notice", undefined]] as const
  ) {
    await sql.unsafe(`
      create table ${level} as select 1 as id, 'canary' as email;
      create function raise_${level}() returns trigger language plpgsql as $$
        begin raise ${level} 'canary % again', new.email using errcode = '01CAN'; return new; end $$;
      create trigger raises before update on ${level} for each row
        execute function raise_${level}();`);
    await using action = database.openAction({ allowTriggers: true });
    const report = await action.tokenize(`public.${level}`, ["email"]);
    assert.deepEqual(report.warnings, warnings);
    assert.deepEqual(await database.valuesOf(level, "email"), [tokenOf("canary")]);
    const said = action.observations.filter(({ event }) => event === "run_warned");
    assert.equal(said.length, warnings === undefined ? 0 : 1);
    assert.doesNotMatch(JSON.stringify(said), /canary|01CAN/);
  }
});
