/** A run that is struck by a fault at a random moment loses nothing and leaves nothing behind. */
import assert from "node:assert/strict";
import { Arena, type Mode, ROWS, type State } from "./arena.ts";
import { dice } from "./dice.ts";
import { FAULTS } from "./faults.ts";

const isLong = Deno.env.get("FAULTS_FORM") === "long";
const seed = Number(Deno.env.get("FAULT_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const results = Deno.env.get("FAULTS_RESULTS");

const arena = await Arena.open();
Deno.test.afterAll(() => arena[Symbol.asyncDispose]());

Deno.test("these tests see a value that is lost, and a row that is gone", async () => {
  await arena.refill();
  assert.deepEqual(await arena.inspect(), { state: "old", lost: 0 });
  await arena.sql`UPDATE people SET name = (SELECT name FROM source WHERE id = 2) WHERE id = 1`;
  assert.equal((await arena.inspect()).lost, 1);
  await arena.sql`DELETE FROM people WHERE id = 1`;
  await assert.rejects(arena.inspect());
});

FAULTS.forEach((fault, index) => {
  for (const mode of ["atomic", "batches"] as const) {
    const times = fault.times[isLong ? 1 : 0];
    Deno.test(`${fault.name}, ${mode}, ${times} times: nothing is lost`, async () => {
      const random = dice(seed + index);
      const wholeMs = await arena.measureMs(mode);
      const found: Record<State, number> = { old: 0, partly: 0, tokenized: 0 };
      let lost = 0;
      for (let time = 0; time < times; time++) {
        await arena.refill();
        const delayMs = random() * wholeMs * 1.05;
        await fault.strike(arena, mode, delayMs);
        const seen = await check(mode);
        found[seen.state]++;
        lost += seen.lost;
      }
      const plaintext = await arena.valuesInLog();
      console.log(`  seed ${seed}: ${JSON.stringify(found)}`);
      const rows = times * ROWS;
      await report({ fault: fault.name, mode, times, ...found, rows, lost, plaintext });
      assert.equal(lost, 0, "values are lost");
      assert.equal(plaintext, 0, "the server's log holds values");
    });
  }
});

/** What must be true after any fault. Gives how the table was found. */
async function check(mode: Mode): Promise<{ state: State; lost: number }> {
  await arena.nothingLeftBehind();
  const seen = await arena.inspect();
  if (seen.lost > 0) return seen;
  if (mode === "atomic") assert.notEqual(seen.state, "partly", "an atomic run was left half-done");
  await arena.complete(mode);
  await arena.nothingLeftBehind();
  return seen;
}

async function report(line: Record<string, unknown>): Promise<void> {
  if (results === undefined) return;
  await Deno.writeTextFile(results, JSON.stringify(line) + "\n", { append: true });
}
