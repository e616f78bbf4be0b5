/** How many round trips a run makes, counted on the wire to a server that is some way off. */
import assert from "node:assert/strict";
import { startRelay } from "../../../scripts/bench/relay.ts";
import { openAction, useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql } = database;
/** One way. Statements that are sent together arrive together. */
const DISTANCE_MS = 5;

await sql.unsafe(`create table small (id int primary key, name text, email text);
  insert into small select n, 'canary ' || n, 'canary' || n from generate_series(1, 100) n;
  create table source as table small`);

const WAYS = { "by push-down": { pushdown: true }, "in the client": {} } as const;

for (const [way, options] of Object.entries(WAYS)) {
  Deno.test(`the first run on a table makes four round trips, one that writes three, and one that expects nothing to do one (${way})`, async () => {
    await using relay = startRelay(Number(new URL(database.url).port), DISTANCE_MS);
    const url = new URL(database.url);
    url.port = String(relay.port);
    await using action = openAction(url.href, options);
    const tripsOf = async (updated: number) => {
      const before = relay.roundTrips();
      const report = await action.tokenize("public.small", ["name", "email"]);
      assert.equal(report.updated, updated);
      return relay.roundTrips() - before;
    };
    const refill = () => sql.unsafe("truncate small; insert into small table source");
    await refill();
    await action.tokenize("public.small", ["name", "email"], { dryRun: true }); // connects
    const first = await tripsOf(100);
    await refill();
    const again = await tripsOf(100);
    const nothing = [await tripsOf(0), await tripsOf(0), await tripsOf(0)];
    await refill();
    const unexpected = await tripsOf(100);
    assert.deepEqual({ first, again, nothing, unexpected }, {
      first: 4,
      again: 3,
      nothing: [2, 1, 1],
      unexpected: 4,
    });
  });
}
