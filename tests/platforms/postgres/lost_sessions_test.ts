/** A session that is lost before its transaction begins is replaced, whichever transaction it is. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { clientSdk, openAction, tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { startCuttingProxy } from "../../support/cutting_proxy.ts";

const database = await useDatabase();
const { sql, valuesOf } = database;
const server = new URL(database.url);
const target = { hostname: server.hostname, port: Number(server.port) };

/** Enough for the reader of a snapshot beside the connection that writes. */
const ROWS = 25_000;
const WAYS = { atomic: {}, batches: { commit: "batches", connections: 2 } } as const;

/** A run on a new table through a proxy that cuts the connection of the transaction with that number. */
async function runCutting(
  wanted: number | undefined,
  way: keyof typeof WAYS,
  table: string,
): Promise<number> {
  await sql.unsafe(
    `drop table if exists ${table}; create table ${table} (id int, name text, filler text);
    insert into ${table} select n, 'canary ' || n, repeat('x', 400) from generate_series(1, ${ROWS}) n`,
  );
  let begun = 0;
  using proxy = startCuttingProxy(
    target,
    (text) => text.includes("BEGIN ISOLATION") && ++begun === wanted,
  );
  const url = new URL(server);
  url.port = String(proxy.port);
  await using action = openAction(url.href, { tokenSdk: clientSdk });
  const report = await action.tokenize(`public.${table}`, ["name"], WAYS[way]);
  assertReport(report, { updated: ROWS, skipped: 0 });
  assert.equal((await valuesOf(table, "name"))[0], tokenOf("canary 1"));
  return begun;
}

for (const way of ["atomic", "batches"] as const) {
  Deno.test(`a run succeeds whichever of its transactions finds its connection lost (${way})`, async () => {
    const last = await runCutting(undefined, way, `whole_${way}`);
    // atomic: the run, a count beside it, and the reader of its snapshot
    // in batches: the lock, the first count, the table's size, a batch, and the last count
    const cuts = way === "atomic" ? [1, 2, 3] : [1, 2, 3, 4, last];
    assert.ok(last >= cuts.length, String(last));
    for (const cut of cuts) await runCutting(cut, way, `cut_${way}`);
  });
}
