/** Memory does not grow with the table or with its values. The figures are printed. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { testUnless } from "../../support/skipping.ts";
import { assertReport } from "../../support/assertions.ts";
import { urnOf, useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql } = database;

const LIMIT_MB = 250;
const whyNot = Deno.build.os === "linux"
  ? undefined
  : "only Linux reports the peak memory of a process";

testUnless(
  whyNot,
  `300,000 rows of two columns are tokenized in less than ${LIMIT_MB} MB`,
  async () => {
    await sql.unsafe(`create table many (id int primary key, name text, email text);
    insert into many select n, 'Customer number ' || n, 'customer' || n || '@example.com'
    from generate_series(1, 300000) n; create index on many (email)`);
    const { report, peakMb } = await runProgram("many", "name,email");
    assertReport(report, { updated: 300_000, skipped: 0 });
    console.log(`peak with 300,000 rows: ${peakMb} MB`);
    assert.ok(peakMb < LIMIT_MB, `${peakMb} MB`);
  },
);

testUnless(
  whyNot,
  `values of a megabyte among short ones are tokenized in less than ${LIMIT_MB} MB`,
  async () => {
    await sql.unsafe(`create table long (id int, value text);
    insert into long select n, 'short ' || n from generate_series(1, 5000) n;
    insert into long select 5000 + n, repeat(md5(n::text), 32768) from generate_series(1, 40) n;
    insert into long select 6000 + n, repeat('é', 3000) from generate_series(1, 1000) n`);
    const { report, peakMb } = await runProgram("long", "value");
    assertReport(report, { updated: 6040, skipped: 0 });
    const [wrong] = await sql`select count(*)::int as rows from long where value is distinct from
    'tok_' || translate(encode(convert_to(case
      when id <= 5000 then 'short ' || id
      when id <= 5040 then repeat(md5((id - 5000)::text), 32768)
      else repeat('é', 3000) end, 'UTF8'), 'base64'), E'\n', '') || '_poc'`;
    assert.equal(wrong?.rows, 0);
    console.log(`peak with 40 values of a MiB: ${peakMb} MB`);
    assert.ok(peakMb < LIMIT_MB, `${peakMb} MB`);
  },
);

/** Runs `tokenize run` from source. Gives its report and the peak memory of its process. */
async function runProgram(table: string, columns: string) {
  const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
  const urn = urnOf(`${database.name}.public.${table}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", main, "run", "--urn", urn, "--columns", columns, "--json"],
    env: { PG_CONN_STR: database.url, PUSHDOWN: "false", LOG_LEVEL: "error" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let peakMb = 0;
  const watching = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peakMb = Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024 / 1e6) ||
        peakMb;
    } catch { /* it has ended */ }
  }, 20);
  try {
    const { success, stdout } = await child.output();
    assert.ok(success);
    const report = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(report.method, "client");
    return { report, peakMb };
  } finally {
    clearInterval(watching);
  }
}
