/**
 * Ctrl-C at random moments of a run on a terminal: 20 times, or as often as SIGNAL_TRIES says; the seed is printed,
 * and SIGNAL_SEED sets it.
 */
import assert from "node:assert/strict";
import { dice } from "../faults/dice.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { fromSource } from "../support/program.ts";
import { testUnless } from "../support/skipping.ts";
import { CTRL_C, runOnTerminal, type Shown, whyNoTerminal } from "../support/terminal.ts";

const TRIES = Number(Deno.env.get("SIGNAL_TRIES") ?? 20);
const SEED = Number(Deno.env.get("SIGNAL_SEED") ?? Date.now() % 1_000_000);
/** A run begins to draw its bar in this time, and ends in it. */
const RUN_MS = 5000;
/** How long after the first Ctrl-C the second one follows: as one, soon, or as a request of its own. */
const GAPS_MS = [0, 30, 300, 1050, 1300];

const database = await useDatabase();
const { sql } = database;

testUnless(
  whyNoTerminal,
  `Ctrl-C at ${TRIES} random moments, once or twice, leaves a result or an error and no bar (seed ${SEED})`,
  async () => {
    const random = dice(SEED);
    for (let i = 0; i < TRIES; i++) {
      const table = `struck_${i}`;
      await makeTable(table, random() * 3);
      const firstMs = random() * RUN_MS;
      const gapMs = GAPS_MS[Math.floor(random() * GAPS_MS.length)]!;
      const strokes = [firstMs, ...(random() < 0.3 ? [] : [firstMs + gapMs])]
        .map((afterMs) => ({ afterMs, keys: CTRL_C }));
      const dataset = ["--urn", urnOf(`${database.name}.public.${table}`), "--columns", "email"];
      const env = { PG_CONN_STR: database.url, ALLOW_TRIGGERS: "true" };
      const shown = await runOnTerminal(fromSource, ["run", "--yes", ...dataset], env, { strokes });
      const moments = strokes.map(({ afterMs }) => Math.round(afterMs)).join(" and ");
      assertWhole(shown, `try ${i}, after ${moments} ms: ${JSON.stringify(shown)}`);
    }
  },
);

/** A table whose update takes that long. */
async function makeTable(name: string, seconds: number): Promise<void> {
  await sql.unsafe(`
    create table ${name} as select 'canary' || n as email from generate_series(1, 200) as n;
    create function wait_${name}() returns trigger language plpgsql as
      $$ begin perform pg_sleep(${seconds}); return null; end $$;
    create trigger wait after update on ${name} for each statement
      execute function wait_${name}();`);
}

function assertWhole({ code, screen: shown, raw }: Shown, what: string): void {
  const screen = shown.replaceAll("^C", "");
  assert.doesNotMatch(screen, /so far|rows\/s|\[#*-*\]/, what);
  if (code === 0) return assert.match(screen, /^updated {2}200 rows$/m, what);
  assert.equal(code, 130, what);
  // before the program listens to signals, the system ends it as it ends any other
  if (raw.replaceAll("^C", "") === "") return;
  assert.match(screen, /(?:^|\n)[^\n]*(?:SIGINT)[^\n]*\n$/, what);
}
