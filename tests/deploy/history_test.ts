/** deploy/history.sql: the role that it makes can keep the history, and do nothing else. */
import assert from "node:assert/strict";
import { open, settingsOf } from "../history/histories.ts";
import { newRun } from "../runs/store_conformance.ts";
import { migrate } from "../../src/history/migrate.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { connect } from "../support/test_database.ts";

const database = await useDatabase({ customers: true });
const { sql } = database;
const script = await Deno.readTextFile(new URL("../../deploy/history.sql", import.meta.url));
const role = `keeper_${crypto.randomUUID().slice(0, 8)}`;
const password = crypto.randomUUID();

Deno.test.afterAll(async () => {
  await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
});

async function runScript(): Promise<void> {
  await sql.unsafe(`set tokenize.role_name = '${role}'`);
  await sql.unsafe(script);
  await sql.unsafe(`alter role ${role} password '${password}'`);
}

function urlOfRole(): string {
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  return url.href;
}

Deno.test("the role can keep the history, whether it was made before the tables or after them", async () => {
  await sql.unsafe("revoke create on schema public from public");
  await runScript();
  await migrate(settingsOf(database.url), new AbortController().signal);
  const [may] = await sql`select has_table_privilege(${role}, 'tokenize_history.migrations',
    'INSERT, UPDATE, DELETE') as write`;
  assert.equal(may!.write, false);
  for (let time = 1; time <= 2; time++) {
    await using history = await open(urlOfRole());
    const added = newRun(time);
    await history.runs.add({ ...added, owner: history.owner });
    const { run_id: runId } = added.run;
    await history.runs.update(runId, ["queued"], { state: "cancelled" });
    assert.equal((await history.runs.get(runId))?.run.state, "cancelled");
    const receipt = { runId, sequence: time, hash: "h", document: "{}" };
    assert.equal(await history.runs.addReceipt(receipt), true);
    await runScript();
  }
});

Deno.test("the role can do nothing else", async () => {
  await using own = connect(urlOfRole());
  for (
    const statement of [
      "select * from customers",
      "create table tokenize_history.mine (v text)",
      "create table public.mine (v text)",
      "drop table tokenize_history.runs",
      "truncate tokenize_history.runs",
      "alter table tokenize_history.runs add more text",
      "create trigger hook before update on tokenize_history.runs execute function suppress_redundant_updates_trigger()",
      "delete from tokenize_history.migrations",
      "create role another",
    ]
  ) {
    const error = await own.unsafe(statement).then(
      () => assert.fail(`it may: ${statement}`),
      (thrown: { code?: string }) => thrown,
    );
    assert.equal(error.code, "42501", statement);
  }
});
