/** A run that meets a fault at a random moment loses nothing and leaves nothing behind. */
import assert from "node:assert/strict";
import { Arena, isOneStatement, type Mode } from "./arena.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { startFlakyRelay } from "./flaky_relay.ts";
import { testUnless } from "../support/skipping.ts";
import { isLong, LONG_FORM_ONLY, type Strike, tryFault } from "./trial.ts";

const MODES: readonly Mode[] = ["atomic", "batches", "pushdown", "rewrite"];
/** One statement does all the work on the server in the last two: the long form tries that so often. */
const LONG_TIMES = 10;
/** The short form tries these, once. */
const SHORT_FORM = ["kill -9 of the action", "server stopped (immediate)", "connections cut"];

const arena = await Arena.open();
const measured = new Map<string, number>();
Deno.test.afterAll(() => arena[Symbol.asyncDispose]());

Deno.test("these tests notice a lost value and a missing row", async () => {
  await arena.refill();
  assert.deepEqual(await arena.inspect(), { state: "old", lost: 0 });
  await arena.sql`UPDATE people SET name = (SELECT name FROM source WHERE id = 2) WHERE id = 1`;
  assert.equal((await arena.inspect()).lost, 1);
  await arena.sql`DELETE FROM people WHERE id = 1`;
  await assert.rejects(arena.inspect());
});

FAULTS.forEach((fault, salt) => {
  for (const mode of MODES) {
    const isTried = isLong || !isOneStatement(mode) || SHORT_FORM.includes(fault.name);
    const whyNot = isTried ? undefined : LONG_FORM_ONLY;
    testUnless(whyNot, `${fault.name}, ${mode}: nothing is lost`, async () => {
      const { name, code, mend } = fault;
      const times = isOneStatement(mode) ? [1, LONG_TIMES] as const : fault.times;
      const workMs = await measureMs(fault, mode);
      await tryFault(arena, {
        fault: name,
        mode,
        times,
        salt,
        codes: code === undefined ? [] : [code],
        strike: (random) => strike(fault, mode, random() * workMs),
        ...(mend && { mend: () => mend(arena) }),
      });
    });
  }
});

/** How long a run works that nothing happens to. */
async function measureMs({ isRelayed = false }: Fault, mode: Mode): Promise<number> {
  const known = `${mode} ${isRelayed}`;
  const measuredMs = measured.get(known);
  if (measuredMs !== undefined) return measuredMs;
  await using relay = isRelayed ? startFlakyRelay(arena.server.port) : undefined;
  const workMs = await arena.measureMs(mode, isLong ? 3 : 1, relay?.port);
  measured.set(known, workMs);
  return workMs;
}

/** Starts a run, and strikes `delayMs` milliseconds after it has found its table. */
async function strike(fault: Fault, mode: Mode, delayMs: number): Promise<Strike> {
  await using relay = fault.isRelayed ? startFlakyRelay(arena.server.port) : undefined;
  const run = arena.run(mode, relay?.port);
  await run.logged("table_resolved");
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const whileWriting = await arena.isWriting();
  await fault.strike({ arena, run, relay });
  await run.ended;
  return { run, whileWriting };
}
