/** Memory does not grow with the table or with its values. The figures are printed. */
import assert from "node:assert/strict";
import { noPeakMemory, runForPeak } from "../../support/peak_memory.ts";
import { fromSource } from "../../support/program.ts";
import { testUnless } from "../../support/skipping.ts";
import { assertReport } from "../../support/assertions.ts";
import { urnOf, useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql } = database;

const LIMIT_MB = 250;

testUnless(
  noPeakMemory,
  `300,000 rows of two columns are tokenized in less than ${LIMIT_MB} MB`,
  async () => {
    await sql.unsafe(`create table many (id int primary key, name text, email text);
    insert into many select n, 'Customer number ' || n, 'customer' || n || '@example.com'
    from generate_series(1, 300000) n; create index on many (email)`);
    const { report, peakMb } = await tokenize("many", "name,email");
    assertReport(report, { updated: 300_000, skipped: 0 });
    console.log(`peak with 300,000 rows: ${peakMb} MB`);
    assert.ok(peakMb > 0 && peakMb < LIMIT_MB, `${peakMb} MB`);
  },
);

testUnless(
  noPeakMemory,
  `values of a megabyte among short ones are tokenized in less than ${LIMIT_MB} MB`,
  async () => {
    await sql.unsafe(`create table long (id int, value text);
    insert into long select n, 'short ' || n from generate_series(1, 5000) n;
    insert into long select 5000 + n, repeat(md5(n::text), 32768) from generate_series(1, 40) n;
    insert into long select 6000 + n, repeat('é', 3000) from generate_series(1, 1000) n`);
    const { report, peakMb } = await tokenize("long", "value");
    assertReport(report, { updated: 6040, skipped: 0 });
    const [wrong] = await sql`select count(*)::int as rows from long where value is distinct from
    'tok_' || translate(encode(convert_to(case
      when id <= 5000 then 'short ' || id
      when id <= 5040 then repeat(md5((id - 5000)::text), 32768)
      else repeat('é', 3000) end, 'UTF8'), 'base64'), E'\n', '') || '_poc'`;
    assert.equal(wrong?.rows, 0);
    console.log(`peak with 40 values of a MiB: ${peakMb} MB`);
    assert.ok(peakMb > 0 && peakMb < LIMIT_MB, `${peakMb} MB`);
  },
);

/** Runs `tokenize run`. Gives its report and the peak memory of its process. */
async function tokenize(table: string, columns: string) {
  const urn = urnOf(`${database.name}.public.${table}`);
  const args = ["run", "--urn", urn, "--columns", columns, "--json"];
  const env = { PG_CONN_STR: database.url, PUSHDOWN: "false" };
  const { code, stdout, stderr, peakMb } = await runForPeak(fromSource, args, env);
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout);
  assert.equal(report.method, "client");
  return { report, peakMb };
}
