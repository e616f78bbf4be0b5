/** One kind of fault, tried several times; after each, everything is checked. */
import assert from "node:assert/strict";
import type { ErrorCode } from "../../src/errors.ts";
import type { Ended, Running } from "../support/program.ts";
import { type Arena, type Mode, ROWS, type State } from "./arena.ts";
import { dice } from "./dice.ts";
import { report } from "./results.ts";

/** Whether this is the long form. */
export const isLong = Deno.env.get("FAULTS_FORM") === "long";

/** Why the short form skips a test. */
export const LONG_FORM_ONLY = "a part of the long form";

/** Repeats the moments of an earlier run where FAULT_SEED is set. */
export const SEED = Number(
  Deno.env.get("FAULT_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
);

/** How a run was struck. */
export interface Strike {
  /** Whether a transaction of it was open then that had written. */
  readonly whileWriting: boolean;
  readonly run: Running;
}

/** What is tried. */
export interface Trials {
  readonly fault: string;
  readonly mode: Mode;
  readonly times: readonly [short: number, long: number];
  /** Tells apart the random moments of the kinds of faults. */
  readonly salt: number;
  /** The codes of a run that fails of it. */
  readonly codes: readonly ErrorCode[];
  /** Starts a run on the full table, and lets it go wrong; `random` gives numbers from 0 to 1. */
  strike(random: () => number): Promise<Strike>;
  /** Takes the fault back, once the run has ended. */
  mend?(): Promise<unknown>;
}

/** Tries it, reports the line of the table, and fails if anything is lost. */
export async function tryFault(arena: Arena, trials: Trials): Promise<void> {
  const { fault, mode } = trials;
  const times = trials.times[isLong ? 1 : 0];
  const random = dice(SEED + trials.salt);
  const found: Record<State, number> = { old: 0, partly: 0, tokenized: 0 };
  let struck = 0;
  let lost = 0;
  for (let time = 0; time < times; time++) {
    await arena.refill();
    const { run, whileWriting } = await trials.strike(random);
    const ended = await run.ended;
    await trials.mend?.();
    saysWhatHappened(ended, run, trials.codes);
    const seen = await check(arena, mode);
    found[seen.state]++;
    struck += whileWriting ? 1 : 0;
    lost += seen.lost;
  }
  const plaintext = await arena.valuesInLog();
  console.log(`  seed ${SEED}: ${JSON.stringify({ struck, ...found })}`);
  const rows = times * ROWS;
  await report({ fault, run: `Postgres, ${mode}`, times, struck, ...found, rows, lost, plaintext });
  assert.equal(lost, 0, "values are lost");
  assert.equal(plaintext, 0, "the server's log holds values");
}

/** A run that was not killed ends well, or with a code that fits the fault. */
function saysWhatHappened({ code, signal }: Ended, run: Running, codes: readonly ErrorCode[]) {
  if (code === 0 || signal === "SIGKILL") return;
  const said = run.log().find(({ event }) => event === "run_failed");
  const isExpected = codes.some((each) => each === said?.code);
  assert.ok(isExpected, `not ${codes}: ${JSON.stringify(said ?? run.log().slice(-5))}`);
  assert.equal(code, said?.code === "shutting_down" ? 143 : 1);
}

/** What must be true after any fault. Gives how the table was found. */
async function check(arena: Arena, mode: Mode): Promise<{ state: State; lost: number }> {
  await arena.nothingLeftBehind();
  const seen = await arena.inspect();
  if (seen.lost > 0) return seen;
  if (mode !== "batches") assert.notEqual(seen.state, "partly", "a run was left half-done");
  await arena.complete(mode);
  await arena.nothingLeftBehind();
  return seen;
}
