/** One plain value in a million is found, in memory that does not grow with the table or with its values. */
import assert from "node:assert/strict";
import { tokenOf, urnOf, useDatabase } from "../support/action_fixture.ts";
import { noPeakMemory, runForPeak } from "../support/peak_memory.ts";
import { fromSource } from "../support/program.ts";
import { testUnless } from "../support/skipping.ts";

const database = await useDatabase();
const { sql } = database;

const LIMIT_MB = 250;

testUnless(
  noPeakMemory,
  `one plain value in a million is found in less than ${LIMIT_MB} MB`,
  async () => {
    await sql.unsafe(`create table many (id int primary key, email text);
    insert into many select n, 'tok_' || encode(convert_to('canary' || n, 'UTF8'), 'base64') || '_poc'
      from generate_series(1, 1000000) n;
    update many set email = 'canary' where id = 654321`);
    const { verification, peakMb } = await verify("many", "email");
    const [column] = verification.columns;
    assert.deepEqual([verification.rows, column.plain, column.tokens[0].count], [1e6, 1, 999_999]);
    assert.equal(verification.verdict, "not_clean");
    console.log(`peak with 1,000,000 rows: ${peakMb} MB`);
    assert.ok(peakMb > 0 && peakMb < LIMIT_MB, `${peakMb} MB`);
  },
);

testUnless(noPeakMemory, `tokens of a megabyte are read in less than ${LIMIT_MB} MB`, async () => {
  const long = tokenOf("é".repeat(400_000));
  await sql`create table long (id int, email text)`;
  for (let id = 0; id < 40; id++) await sql`insert into long values (${id}, ${long})`;
  await sql`insert into long select 10 + n, ${tokenOf("short")} from generate_series(1, 1000) n`;
  const { verification, peakMb } = await verify("long", "email");
  // the server may not have counted the rows yet that the last session wrote
  const unclean = (verification.checks as { check: string; state: string }[])
    .filter(({ check, state }) => check !== "dead_rows" && state !== "clean");
  assert.deepEqual([verification.rows, unclean], [1040, []]);
  console.log(`peak with 40 tokens of a MB: ${peakMb} MB`);
  assert.ok(peakMb > 0 && peakMb < LIMIT_MB, `${peakMb} MB`);
});

/** Runs `tokenize verify`. Gives what it found and the peak memory of its process. */
async function verify(table: string, columns: string) {
  const urn = urnOf(`${database.name}.public.${table}`);
  const args = ["verify", "--urn", urn, "--columns", columns, "--json"];
  const { stdout, peakMb } = await runForPeak(fromSource, args, { PG_CONN_STR: database.url });
  return { verification: JSON.parse(stdout), peakMb };
}
