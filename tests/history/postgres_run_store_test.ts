/** Runs in Postgres: what is true of every store, with the runs of this process and those of another. */
import assert from "node:assert/strict";
import { useDatabase } from "../support/action_fixture.ts";
import { newRun, OWNER, testRunStore } from "../runs/store_conformance.ts";
import { open } from "./histories.ts";

const database = await useDatabase();
const { sql, url } = database;

for (const [whose, owner] of [["this process", OWNER], ["another process", undefined]] as const) {
  testRunStore(`in Postgres, runs of ${whose}`, async (use) => {
    await using history = await open(url, { ...(owner && { owner }) });
    await sql`truncate tokenize_history.runs, tokenize_history.receipts`;
    await sql`delete from tokenize_history.owners where lost_at is not null`;
    // no process that is gone, whose runs would end
    await sql`insert into tokenize_history.owners (owner, replica) values (${OWNER}, 'another')
      on conflict do nothing`;
    await use(history.runs);
  });
}

Deno.test("a run that an earlier program stored without its operation is shown as one that tokenizes", async () => {
  const added = { ...newRun(0, { operation: "restore" }), owner: OWNER };
  const { run_id: runId } = added.run;
  await using history = await open(url);
  await history.runs.add(added);
  assert.equal((await history.runs.get(runId))?.run.operation, "restore");
  await sql`update tokenize_history.runs set document = (document::jsonb - 'operation')::json
    where run_id = ${runId}`;
  assert.equal((await history.runs.get(runId))?.run.operation, "tokenize");
});
