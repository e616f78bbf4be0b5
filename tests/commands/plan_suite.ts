/** plan, and run with a file: one dataset or many, with exit codes that say whether all can be done. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { type Program, runProgram } from "../support/program.ts";

const UNREACHABLE = "postgres://u:canary@127.0.0.1:1/app";

/** What must be true of any build of the program. */
export async function planSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const { sql } = database;
  const dir = await Deno.makeTempDir();
  Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runProgram(program, args, { PG_CONN_STR: database.url, LOG_LEVEL: "error", ...env });
  const urn = (table: string) => urnOf(`${database.name}.public.${table}`);
  const dataset = (table: string, columns: string) => ["--urn", urn(table), "--columns", columns];
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${dir}/${name}`, text);
    return `${dir}/${name}`;
  };

  test("plan prints one screen, and changes nothing", async () => {
    await database.assertUnchanged("customers", async () => {
      const { code, stdout, stderr } = await run([
        "plan",
        ...dataset("customers", "email,phone"),
        "--output",
        "table",
        "--show-shapes",
      ]);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      const lines = stdout.split("\n");
      assert.equal(
        lines[0],
        `✓ ${database.name}.public.customers: 100 of 100 rows would be updated`,
      );
      assert.match(lines[1]!, /^ {2}column +type +NULL +to change +tokens +values look like$/);
      assert.match(lines[2]!, /^ {2}email +text +0 +100 +– +e-mail 100 %$/);
      assert.match(stdout, /→ tok_…/);
      assert.match(stdout, /\n {2}how {3}the database makes the tokens \(pushdown\)\n/);
      assert.match(stdout, /\n {6}not rewrite: /);
      assert.match(stdout, /\n {2}cost {2}about .* of disk, .* of write-ahead log/);
      assert.match(stdout, /\n {6}! dead_rows: remains/);
    });
  });

  test("plan gives every obstacle with the code of the run, and exit code 1", async () => {
    await sql.unsafe(`create table narrow (id int, email varchar(12), name text
        constraint no_tokens check (name not like 'tok%'));
      insert into narrow values (1, 'canary', 'canary')`);
    const args = dataset("narrow", "email,name,id");
    const { code, stdout } = await run(["plan", ...args]);
    assert.equal(code, 1);
    const { datasets: [plan] } = JSON.parse(stdout);
    assert.equal(plan.possible, false);
    assert.deepEqual(plan.obstacles.map((each: { code: string }) => each.code).sort(), [
      "column_not_tokenizable",
      "constraint_violation",
      "value_too_long",
    ]);
    const shown = await run(["plan", ...args, "--output", "table"]);
    assert.match(shown.stdout, /^✗ .*narrow: cannot be tokenized, 1 of 1 row to update\n/);
    assert.match(shown.stdout, /\n {2}✗ Cannot tokenize .*\(value_too_long\)\n/);
  });

  test("plan says what it cannot reach, and ends with 2 for what is not configured", async () => {
    const unreachable = await run(["plan", ...dataset("customers", "email")], {
      PG_CONN_STR: UNREACHABLE,
    });
    assert.equal(unreachable.code, 1);
    const { datasets: [plan] } = JSON.parse(unreachable.stdout);
    assert.deepEqual([plan.rows, plan.table, plan.platform], [null, null, "postgres"]);
    assert.equal(plan.obstacles[0].code, "database_unreachable");
    const off = await run(["plan", ...dataset("customers", "email")], { PG_CONN_STR: "" });
    assert.equal(off.code, 2);
    const malformed = await run(["plan", "--urn", "urn:li:dataset:x", "--columns", "a"]);
    assert.equal(malformed.code, 2);
  });

  test("a file of datasets is planned, then run, one after the other or side by side", async () => {
    for (const table of ["one", "two", "three"]) {
      await sql.unsafe(`create table ${table} as select * from customers`);
    }
    const file = await write(
      "plan.yaml",
      `datasets:
  - urn: ${urn("one")}
    columns: [email, phone]
  - urn: ${encodeURIComponent(urn("two"))}
    columns: email, name
    commit: batches
  - { urn: "${urn("three")}", columns: [name], scrub: true }
`,
    );
    const planned = await run(["plan", "-f", file, "--parallel", "2"]);
    assert.equal(planned.code, 0, planned.stderr);
    const { datasets } = JSON.parse(planned.stdout);
    assert.deepEqual(
      datasets.map((each: { dataset_urn: string; would_update: number }) => [
        each.dataset_urn,
        each.would_update,
      ]),
      ["one", "two", "three"].map((table) => [urn(table), 100]),
    );
    const input = await Deno.readFile(file);
    const env = { PG_CONN_STR: database.url };
    const { stdout } = await runProgram(program, ["plan", "-f", "-"], env, input);
    assert.equal(JSON.parse(stdout).datasets.length, 3);

    const tried = await run(["run", "-f", file, "--dry-run"]);
    assert.equal(tried.code, 2);
    assert.match(tried.stderr, /three.*: Cannot start the run: a dry run changes nothing/);

    const done = await run(["run", "-f", file, "--parallel", "3"]);
    assert.equal(done.code, 0, done.stderr);
    const reports = done.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(reports.map(({ updated }) => updated), [100, 100, 100]);
    assert.deepEqual(
      reports.map((each) => each.dataset_urn).sort(),
      ["one", "two", "three"].map(urn).sort(),
    );
    const again = await run(["run", "-f", file]);
    assert.deepEqual(
      again.stdout.trim().split("\n").map((line) => JSON.parse(line).updated),
      [0, 0, 0],
    );
  });

  test("one dataset that fails does not keep the others from being done", async () => {
    await sql.unsafe("create table good as select * from customers");
    const file = await write(
      "mixed.yaml",
      `datasets:\n- {urn: "${urn("missing")}", columns: [a]}\n- {urn: "${
        urn("good")
      }", columns: [email]}\n`,
    );
    const { code, stdout, stderr } = await run(["run", "-f", file]);
    assert.equal(code, 1);
    const [failed, done] = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([failed.code, failed.dataset_urn], ["table_not_found", urn("missing")]);
    assert.deepEqual([done.updated, done.dataset_urn], [100, urn("good")]);
    assert.ok(stderr.includes(urn("missing")), stderr);
  });

  test("every fault of the file is said with its place, and nothing is started", async () => {
    const file = await write(
      "wrong.yaml",
      `datasets:
  - urn: ${urn("customers")}
    colums: [email]
  - urn: ${urn("customers")}
    columns: []
    strategy: quick
other: 1
`,
    );
    for (const command of ["plan", "run"]) {
      const { code, stdout, stderr } = await run([command, "-f", file]);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.deepEqual(stderr.trim().split("\n").map((line) => line.replace(file, "FILE")), [
        "tokenize: FILE:7:1: other: there is no such key",
        'tokenize: FILE:3:5: datasets[0].colums: there is no such key: did you mean "columns"?',
        "tokenize: FILE:2:5: datasets[0].columns: it must be set",
        "tokenize: FILE:5:14: datasets[1].columns: it names no column",
        "tokenize: FILE:6:15: datasets[1].strategy: it is not update or rewrite",
      ]);
    }
    const twice = await write(
      "twice.yaml",
      `datasets: [{urn: "${urn("a")}", columns: [a]}, {urn: "${urn("a")}", columns: [b]}]`,
    );
    assert.match((await run(["plan", "-f", twice])).stderr, /datasets\[1\].urn: it is the dataset/);
    const unreadable = await write(
      "unreadable.yaml",
      `datasets:\n- {urn: urn:li:dataset, columns: [a]}\n- {urn: "${urn("a")}", columns: [a, a]}\n`,
    );
    const { code, stderr } = await run(["run", "-f", unreadable]);
    assert.deepEqual([code, stderr.replaceAll(unreadable, "FILE").trim().split("\n")], [2, [
      'tokenize: FILE:2:9: datasets[0].urn: it does not start with "urn:li:dataset:("',
      `tokenize: FILE:3:${22 + urn("a").length}: datasets[1].columns: "a" is named twice`,
    ]]);
    const missing = await run(["plan", "-f", `${dir}/missing.yaml`]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /--file: .*missing\.yaml/);
  });

  test("a file and --urn exclude each other, and one of the two is needed", async () => {
    for (
      const [args, said] of [
        [["-f", "x", "--urn", "y"], /--file has the datasets/],
        [[], /'--urn <urn>' not specified \(or --file <file>\)/],
        [["--urn", "x"], /'--columns <names>' not specified/],
        [["--urn", "x", "--columns", "y", "--parallel", "2"], /--parallel needs --file/],
        [["-f", "x", "--parallel", "9"], /--parallel is not a whole number from 1 to 8/],
      ] as const
    ) {
      const { code, stderr } = await run(["plan", ...args]);
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
  });
}
