/**
 * What the server logs of a run when it logs as much as it can: every statement and its duration, all
 * parameters, also of statements that fail, and plans. No value is in it, except as docs/fine-print.md
 * says.
 */
import assert from "node:assert/strict";
import { openSql } from "../../../scripts/servers/postgres/sql.ts";
import { ServiceError } from "../../../src/errors.ts";
import { openAction } from "../../support/action_fixture.ts";
import { connect } from "../../support/test_database.ts";
import { until } from "../../../scripts/servers/until.ts";
import { testUnless } from "../../support/skipping.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";

const everything = (version: number) => ({
  log_statement: "all",
  log_min_duration_statement: 0,
  log_lock_waits: true,
  log_error_verbosity: "default",
  deadlock_timeout: "10ms",
  ...(version >= 13 && { log_parameter_max_length: -1, log_parameter_max_length_on_error: -1 }),
});
const PLANS = {
  shared_preload_libraries: "auto_explain",
  "auto_explain.log_min_duration": 0,
  "auto_explain.log_analyze": true,
  "auto_explain.log_verbose": true,
  "auto_explain.log_nested_statements": true,
};

// not every installation has the library
const server = await startPostgres({
  settings: (version) => ({ ...everything(version), ...PLANS }),
})
  .catch(() => startPostgres({ settings: everything }));
const sql = openSql(server.url());
await sql`select 1`;
Deno.test.afterAll(async () => {
  await sql.end();
  await server.remove();
});

const WAYS = [false, true].flatMap((pushdown) =>
  (["atomic", "batches"] as const).map((commit) => ({ pushdown, commit }))
);

/** Why a run fails, and the code it fails with. */
const FAILURES: Readonly<Record<string, readonly [statement: string, code: string]>> = {
  "by a unique index": [
    "create unique index on secret (length(name)) where name like 'tok%'",
    "constraint_violation",
  ],
  "by an index that cannot compute with tokens": [
    "create index on secret ((substr(name, 8)::int)) where name like 'tok%'",
    "constraint_violation",
  ],
  "by an exclusion constraint": [
    "alter table secret add exclude using btree ((length(name)) with =) where (name like 'tok%')",
    "constraint_violation",
  ],
  "by the server's statement_timeout": [
    "alter role postgres set statement_timeout = 1",
    "timeout",
  ],
  "by a column too short": ["alter table secret alter name type varchar(16)", "value_too_long"],
};

for (const [why, [statement, code]] of Object.entries(FAILURES)) {
  for (const { pushdown, commit } of WAYS) {
    const way = `${pushdown ? "pushdown" : "client"}, ${commit}`;
    Deno.test(`a run that fails ${why} leaves no value in the server's log (${way})`, async () => {
      await makeTable();
      await sql.unsafe(statement);
      const logged = await logOf(async () => {
        await using action = openAction(server.url(), { pushdown });
        const fail = (dryRun: boolean) =>
          action.fails(code as ServiceError["code"], "public.secret", ["name"], { commit, dryRun });
        await fail(false);
        if (code !== "timeout") await fail(true);
      });
      await sql`alter role postgres reset statement_timeout`;
      assert.deepEqual(valuesIn(logged), []);
      // a column too short is found before anything is written; in batches duplicates are, too
      if (code !== "value_too_long" && commit === "atomic") assert.match(logged, /ERROR: /);
    });
  }
}

Deno.test("a run that succeeds by any method leaves no value in the server's log", async () => {
  for (const { pushdown, commit } of WAYS) {
    for (const strategy of ["update", "rewrite"] as const) {
      if (strategy === "rewrite" && commit === "batches") continue;
      await makeTable();
      const logged = await logOf(async () => {
        await using action = openAction(server.url(), { pushdown });
        const how = { commit, strategy, scrub: true };
        assert.equal((await action.tokenize("public.secret", ["name"], how)).updated, 3000);
      });
      assert.deepEqual(valuesIn(logged), []);
      assert.match(logged, /UPDATE|ALTER TABLE/);
    }
  }
});

Deno.test("a run that is cancelled in the middle of a write leaves no value in the server's log", async () => {
  await makeTable();
  const logged = await logOf(async () => {
    const gate = gatedSdk();
    const ending = new AbortController();
    await using action = openAction(server.url(), { tokenSdk: gate.sdk, lockTimeoutMs: 60_000 });
    await using holder = connect(server.url());
    await holder`begin`;
    await holder`select from secret where id = 2500 for update`;
    const failed = action.fails("shutting_down", "public.secret", ["name"], {
      signal: ending.signal,
    });
    gate.open();
    await until(async () =>
      (await sql`select from pg_stat_activity where wait_event_type = 'Lock'`).length > 0
    );
    ending.abort(new ServiceError("shutting_down", "Cannot finish the run: it is to end"));
    await failed;
    await holder`rollback`;
  });
  assert.match(logged, /canceling statement due to user request/);
  assert.deepEqual(valuesIn(logged), []);
});

const [{ version }] = await sql`
  select current_setting('server_version_num')::int / 10000 as version` as [{ version: number }];

Deno.test("values are not restored where the server would log them and cannot be kept from it", async () => {
  await makeTable();
  await using running = openAction(server.url());
  await running.tokenize("public.secret", ["name"]);
  const isRefused = version < 13; // it has no log_parameter_max_length
  const logged = await logOf(async () => {
    await using action = openAction(server.url(), { restores: true });
    if (isRefused) await action.fails("permission_denied", "public.secret", ["name"]);
    else await action.tokenize("public.secret", ["name"]);
  });
  assert.deepEqual(valuesIn(logged), []);
});

/** A test of a server that can be kept from logging parameters. */
const loggingTest = (title: string, fn: () => Promise<void>) =>
  testUnless(version < 13 ? "PostgreSQL 12 always logs parameters" : undefined, title, fn);

loggingTest(
  "values that are restored are not in the server's log, though it logs every parameter",
  async () => {
    for (const commit of ["atomic", "batches"] as const) {
      await makeTable();
      await using running = openAction(server.url());
      await running.tokenize("public.secret", ["name"]);
      const logged = await logOf(async () => {
        await using action = openAction(server.url(), { restores: true });
        const report = await action.tokenize("public.secret", ["name"], { commit });
        assert.equal(report.updated, 3000);
      });
      assert.match(logged, /UPDATE/);
      assert.deepEqual(valuesIn(logged), []);
    }
  },
);

loggingTest(
  "values that a unique index or a CHECK constraint refuses are not in the server's log",
  async () => {
    for (
      const obstacle of [
        "create unique index on secret ((length(name) > 0)) where name like 'canary%'",
        "alter table secret add check (name like 'tok%') not valid",
      ]
    ) {
      await makeTable();
      await using running = openAction(server.url());
      await running.tokenize("public.secret", ["name"]);
      await sql.unsafe("update secret set other = null");
      await sql.unsafe(obstacle);
      const logged = await logOf(async () => {
        await using action = openAction(server.url(), { restores: true });
        await action.fails("constraint_violation", "public.secret", ["name"]);
      });
      assert.deepEqual(valuesIn(logged), []);
    }
  },
);

Deno.test("Postgres logs the row that fails a CHECK constraint, unless log_error_verbosity is terse", async () => {
  for (const [verbosity, isLogged] of [["default", true], ["terse", false]] as const) {
    await makeTable();
    await sql.unsafe("alter table secret add constraint refuses check (name like 'canary%')");
    await sql.unsafe(`alter role postgres set log_error_verbosity = '${verbosity}'`);
    const logged = await logOf(async () => {
      await using action = openAction(server.url());
      await action.fails("constraint_violation", "public.secret", ["name"]);
    });
    await sql`alter role postgres reset log_error_verbosity`;
    const found = valuesIn(logged);
    assert.equal(found.length > 0, isLogged);
    // the row as it would have been: the value itself is a token already, other columns are there
    assert.ok(found.every((line) => /DETAIL: {2}Failing row contains \(\d+, tok_/.test(line)));
  }
});

async function makeTable(): Promise<void> {
  await sql.unsafe(`drop table if exists secret;
    create table secret (id int, name text, other text);
    insert into secret select n, 'can' || 'ary ' || n, 'can' || 'ary other ' || n
    from generate_series(1, 3000) n`);
}

/** What the server logs while `work` is done. */
async function logOf(work: () => Promise<void>): Promise<string> {
  const before = (await server.log()).length;
  await work();
  return (await server.log()).slice(before);
}

function valuesIn(log: string): string[] {
  return log.split("\n").filter((line) => /canary (?:other )?\d/.test(line));
}
