/** The last step of a run: what is known when COMMIT fails, and that a failure is never reported as success. */
import assert from "node:assert/strict";
import { settingsReader } from "../../../scripts/servers/test_keys.ts";
import { parseDatasetUrn } from "../../../src/datahub/dataset_urn.ts";
import { parseColumns } from "../../../src/datahub/schema_field.ts";
import { ServiceError } from "../../../src/errors.ts";
import { Throttle } from "../../../src/platforms/throttle.ts";
import type { RunContext } from "../../../src/platforms/platform.ts";
import { PhaseClock } from "../../../src/phases.ts";
import { postgresPlatform } from "../../../src/platforms/postgres/postgres_platform.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import { tokenizing } from "../../../src/tokens/conversion.ts";
import { dummySdk, tokenOf, urnOf, useDatabase } from "../../support/action_fixture.ts";
import { until } from "../../../scripts/servers/until.ts";

const database = await useDatabase();
const { sql, openAction, valuesOf, assertUnchanged } = database;

/** A table whose deferred key is checked at COMMIT, which waits if the rows of its `_names` are locked. */
async function makeWaiting(table: string): Promise<void> {
  await sql.unsafe(`
    create table ${table}_names (name text primary key);
    insert into ${table}_names select unnest(array['canary ' || n,
      'tok_' || encode(convert_to('canary ' || n, 'UTF8'), 'base64') || '_poc'])
    from generate_series(1, 20) n;
    create table ${table} (id int, name text references ${table}_names deferrable initially deferred);
    insert into ${table} select n, 'canary ' || n from generate_series(1, 20) n`);
}

async function commitWaits(): Promise<void> {
  await until(async () =>
    (await database.sessions()).some(({ query, wait_event_type }) =>
      query === "COMMIT" && wait_event_type === "Lock"
    )
  );
}

const options = { lockTimeoutMs: 600_000 };

Deno.test("after a connection is lost during COMMIT, the error says that the outcome is unknown", async () => {
  await makeWaiting("lost");
  await using other = database.connect();
  await other`begin`;
  await other`select from lost_names for update`;
  await using action = openAction(options);
  const run = action.fails("database_unreachable", "public.lost", ["name"]);
  await commitWaits();
  await database.terminateSessions();
  assert.match((await run).message, /^Cannot tell whether the run was committed: .*run it again/);
  await other`rollback`;
  assert.equal((await action.tokenize("public.lost", ["name"])).updated, 20);
});

Deno.test("a run stopped during COMMIT is rolled back", async () => {
  await makeWaiting("ended");
  await using other = database.connect();
  await other`begin`;
  await other`select from ended_names for update`;
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
  await makeWaiting("late");
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
    throttle: new Throttle(),
    signal: new AbortController().signal,
    observe() {},
    maySuggest: () => true,
    clock: new PhaseClock(),
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
