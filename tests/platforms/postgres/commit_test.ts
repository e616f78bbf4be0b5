/** The last step of a run: what is known when COMMIT fails, and that a failure is never reported as success. */
import assert from "node:assert/strict";
import { settingsReader } from "../../../scripts/servers/test_keys.ts";
import { parseDatasetUrn } from "../../../src/datahub/dataset_urn.ts";
import { parseColumns } from "../../../src/datahub/schema_field.ts";
import { ServiceError } from "../../../src/errors.ts";
import type { RunContext } from "../../../src/platforms/platform.ts";
import { postgresPlatform } from "../../../src/platforms/postgres/postgres_platform.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import { tokenizing } from "../../../src/tokens/conversion.ts";
import { dummySdk, tokenOf, urnOf, useDatabase } from "../../support/action_fixture.ts";
import { until } from "../../../scripts/servers/until.ts";

const database = await useDatabase();
const { sql, openAction, valuesOf, assertUnchanged } = database;

/** A table on which COMMIT waits for the advisory lock of that number. */
async function makeWaiting(table: string, lock: number): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text);
    insert into ${table} select n, 'canary ' || n from generate_series(1, 20) n;
    create function wait_${lock}() returns trigger language plpgsql as
      $$begin perform pg_advisory_xact_lock(${lock}); return null; end$$;
    create constraint trigger waits after update on ${table} deferrable initially deferred
      for each row execute function wait_${lock}()`);
}

async function commitWaits(): Promise<void> {
  await until(async () =>
    (await database.sessions()).some(({ query, wait_event }) =>
      query === "COMMIT" && wait_event === "advisory"
    )
  );
}

const options = { allowTriggers: true, lockTimeoutMs: 600_000 };

Deno.test("after a connection is lost during COMMIT, the error says that the outcome is unknown", async () => {
  await makeWaiting("lost", 1);
  await using other = database.connect();
  await other`select pg_advisory_lock(1)`;
  await using action = openAction(options);
  const run = action.fails("database_unreachable", "public.lost", ["name"]);
  await commitWaits();
  await database.terminateSessions();
  assert.match((await run).message, /^Cannot tell whether the run was committed: .*run it again/);
  await other`select pg_advisory_unlock_all()`;
  assert.equal((await action.tokenize("public.lost", ["name"])).updated, 20);
});

Deno.test("a run stopped during COMMIT is rolled back", async () => {
  await makeWaiting("ended", 2);
  await using other = database.connect();
  await other`select pg_advisory_lock(2)`;
  await using action = openAction(options);
  const end = new AbortController();
  await assertUnchanged("ended", async () => {
    const run = action.fails("shutting_down", "public.ended", ["name"], { signal: end.signal });
    await commitWaits();
    end.abort(new ServiceError("shutting_down", "Cannot finish the run: shutting down"));
    await run;
  });
});

Deno.test("a run stopped after its COMMIT has succeeded", async () => {
  await makeWaiting("late", 3);
  await using action = openAction(options);
  const end = new AbortController();
  const report = await action.tokenize("public.late", ["name"], { signal: end.signal });
  end.abort(new ServiceError("shutting_down", "Cannot finish the run: shutting down"));
  assert.equal(report.updated, 20);
  assert.equal((await valuesOf("late", "name"))[0], tokenOf("canary 1"));
});

Deno.test("a run whose failed statement was ignored does not commit", async () => {
  await sql`create table swallowed (id int, name text check (name like 'canary%'))`;
  await sql`insert into swallowed values (1, 'canary')`;
  const settings = parsePostgresSettings(database.url, settingsReader({}));
  const platform = postgresPlatform(settings, {
    lockTimeoutMs: 1000,
    statementTimeoutMs: 60_000,
    allowTriggers: false,
  });
  const dataset = parseDatasetUrn(urnOf(`${database.name}.public.swallowed`));
  const context: RunContext = {
    runId: "run",
    dryRun: false,
    commit: "atomic",
    strategy: "update",
    scrub: false,
    connections: undefined,
    signal: new AbortController().signal,
    observe() {},
    progress() {},
    warn() {},
  };
  try {
    await assertUnchanged("swallowed", async () => {
      const run = platform.withTable(
        dataset,
        parseColumns(["name"], dataset),
        context,
        (table) => table.rewrite(tokenizing(dummySdk)).catch(() => "swallowed"),
      );
      await assert.rejects(run, ServiceError);
    });
  } finally {
    await platform.close();
  }
});
