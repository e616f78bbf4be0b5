/** What a person sees on a terminal. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { testUnless } from "../support/skipping.ts";
import { openSql } from "../../scripts/servers/postgres/sql.ts";
import { until } from "../../scripts/servers/until.ts";
import { type Environment, type Program, runProgram, startService } from "../support/program.ts";
import { CTRL_C, runOnTerminal, whyNoTerminal } from "../support/terminal.ts";

/** A run that is not asked whether dummy tokens are meant. */
const RUN = ["run", "--yes"];

/** What must be true of any build of the program. */
export async function terminalSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const test = (title: string, fn: () => Promise<void>) =>
    testUnless(whyNoTerminal, `${program.name}: ${title}`, fn);
  const env = { PG_CONN_STR: database.url };
  const dataset = (table: string, columns: string) => [
    "--urn",
    urnOf(`${database.name}.public.${table}`),
    "--columns",
    columns,
  ];

  test("results are a table on a terminal, and JSON with --json", async () => {
    const args = ["run", ...dataset("customers", "email,phone"), "--dry-run"];
    const { code, screen } = await runOnTerminal(program, args, env);
    assert.equal(code, 0, screen);
    const table = screen.split("\n").filter((line) => /^[a-z ]+ {2,}\S/.test(line));
    assert.deepEqual(table.map((line) => line.split(/ {2,}/)[0]), [
      "table",
      "columns",
      "result",
      "would update",
      "skipped",
      "took",
      "run",
    ]);
    assert.match(screen, /^would update {2}100 rows$/m);
    assert.match(screen, /^columns {7}email, phone$/m);
    assert.match(screen, /^result {8}✓ dry run, nothing was changed$/m);

    const asked = await runOnTerminal(program, [...args, "--json"], env);
    assert.match(asked.screen, /^\{"run_id":.*"updated":100.*\}$/m);
  });

  test("config check lists the settings and the databases on a terminal", async () => {
    const settings = { ...env, PORT: "9000" };
    const { code, screen } = await runOnTerminal(program, ["config", "check"], settings);
    assert.equal(code, 0, screen);
    const { hostname, port } = new URL(database.url);
    assert.deepEqual(screen.trimEnd().split("\n"), [
      "settings",
      "  PG_CONN_STR  (not shown) (environment)",
      "  PORT         9000 (environment)",
      "connections",
      `  postgres  postgres at ${hostname}:${port}, database ${database.name} (PG_CONN_STR)`,
      "✓ the settings can be used",
    ]);
  });

  test("remaining old values are listed below the table, with the commands that clear them", async () => {
    await database.sql`create table left_over as select 'canary' as name`;
    const { screen } = await runOnTerminal(program, [...RUN, ...dataset("left_over", "name")], env);
    const lines = screen.trimEnd().split("\n");
    assert.deepEqual(lines.slice(lines.indexOf("old values elsewhere")), [
      "old values elsewhere",
      "  ! dead_rows: remains (VACUUM removes them)",
      "    VACUUM (INDEX_CLEANUP ON) public.left_over",
      "  – wal_and_backups: not checked",
      "  ✓ clean: pg_stats (cleared), expression_statistics (none), extended_statistics (none), " +
      "indexes (none), materialized_views (none), foreign_keys (none), triggers (none), " +
      "replication (none)",
    ]);
  });

  test("--scrub clears what the role may clear, and lists what is left", async () => {
    await database.sql`create table scrubbed as select 'canary' as name`;
    const args = [...RUN, ...dataset("scrubbed", "name"), "--scrub"];
    const { code, screen } = await runOnTerminal(program, args, env);
    assert.equal(code, 0, screen);
    const lines = screen.trimEnd().split("\n");
    const left = lines.slice(lines.indexOf("old values elsewhere"));
    // servers before 15 do not say what VACUUM had to leave
    assert.ok(left.some((line) => /dead_rows(?: \(cleared\)|: not checked)/.test(line)), screen);
    assert.ok(!left.some((line) => line.includes("remains")), screen);
    const again = await runOnTerminal(program, args, env);
    assert.match(again.screen, /^updated {2}0 rows$/m);
    assert.match(again.screen, /^old values elsewhere$/m);
  });

  test("permissions are a readable list", async () => {
    const { screen } = await runOnTerminal(program, ["permissions"], {
      PG_CONN_STR: "postgres://u:canary@db.internal/app",
    });
    assert.equal(
      screen,
      [
        "The sandbox may reach",
        "  127.0.0.1:8080    listen for requests (HOST, PORT)",
        "  db.internal:5432  Postgres (PG_CONN_STR)",
        "and has none of Deno's other permissions: env, read, write, run, ffi, sys, import",
        "warning: anybody can read these tokens back: TOKEN_SDK_MODE is dummy",
        "",
      ].join("\n"),
    );
  });

  test("a run asks before it writes dummy tokens, and anything but yes changes nothing", async () => {
    await database.sql`create table asked as select 'canary' as name`;
    const args = ["run", ...dataset("asked", "name")];
    const answer = (keys: string) =>
      runOnTerminal(program, args, env, { after: /\[y\/N\] $/, keys: `${keys}\n` });
    for (const keys of ["n", "", "yesterday"]) {
      const { code, screen } = await answer(keys);
      assert.equal(code, 1, screen);
      assert.match(screen, /dummy: anybody can read its tokens back$/m);
      assert.match(screen, /^tokenize: Cannot start the run: .*nothing was changed$/m);
    }
    const interrupted = await runOnTerminal(program, args, env, {
      after: /\[y\/N\] $/,
      keys: CTRL_C,
    });
    assert.equal(interrupted.code, 130);
    const [row] = await database.sql`select name from asked`;
    assert.equal(row!.name, "canary");
    const { code, screen } = await answer("y");
    assert.equal(code, 0, screen);
    assert.match(screen, /^updated {2}1 row$/m);
    assert.match(screen, /^warning {2}anybody can read these tokens back/m);
  });

  test("tokens of another SDK are shown with the command that replaces them", async () => {
    await database.sql`create table rotated as select 'tok_QWRh_poc' as name`;
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, jwkSet(await sivJwk("s1")));
    const keyed = { ...env, TOKEN_SDK_MODE: "aes-siv", TOKEN_KEYS_FILE: file };
    const { screen } = await runOnTerminal(program, ["run", ...dataset("rotated", "name")], keyed);
    assert.match(screen, /^foreign {2}1 token of another SDK or key, left alone$/m);
    const urn = urnOf(`${database.name}.public.rotated`);
    assert.match(screen, /^ +to replace them, if their SDK can read them back:$/m);
    const command = `tokenize rotate --urn '${urn}' --columns name --from SDK-OR-KEY-ID`;
    assert.ok(screen.split("\n").some((line) => line.trim() === command), screen);
    assert.doesNotMatch(screen, /dummy/);
    await Deno.remove(file);
  });

  test("help is as wide as the terminal", async () => {
    const width = async (columns: number) => {
      const resized = ["-c", `stty cols ${columns}; exec "$0" "$@"`, program.file, ...program.args];
      const narrow = { name: program.name, file: "sh", args: resized };
      const { screen } = await runOnTerminal(narrow, ["serve", "--help"]);
      return Math.max(...screen.split("\n").map((line) => line.length));
    };
    assert.ok(await width(60) <= 60);
    assert.ok(await width(200) > 100);
  });

  test("-q shows no progress", async () => {
    await slowTable("quiet", 1.5);
    const { code, raw } = await runOnTerminal(
      program,
      [...RUN, "-q", ...dataset("quiet", "email")],
      {
        ...env,
        ALLOW_TRIGGERS: "true",
      },
    );
    assert.equal(code, 0, raw);
    assert.doesNotMatch(raw, /so far|dummy tokens|started/);
  });

  test("a failure is one sentence", async () => {
    const args = [...RUN, ...dataset("customers", "id")];
    const { code, screen } = await runOnTerminal(program, args, { ...env, LOG_LEVEL: "error" });
    assert.equal(code, 1);
    const lines = screen.trimEnd().split("\n");
    assert.equal(lines.length, 1, screen); // the log would say the same
    assert.match(lines[0]!, /^tokenize: Cannot .* \(column_not_tokenizable\)$/);
    const json = await runOnTerminal(program, args, { ...env, LOG_FORMAT: "json" });
    assert.match(json.screen, /"event":"run_failed"/);
    assert.doesNotMatch(json.screen, /tokenize: Cannot/);
  });

  test("smoke prints each run and the fault", async () => {
    await using service = await startService(program, env);
    const args = ["smoke", "--url", service.url, ...dataset("customers", "name")];
    const { code, screen } = await runOnTerminal(program, [...args, ...dataset("nothing", "x")]);
    assert.equal(code, 1);
    const lines = screen.trimEnd().split("\n").map((line) => line.replace(/\d+ ms$/, "N ms"));
    const fault = lines.findIndex((line) => line.startsWith("  ✗"));
    assert.deepEqual([lines.slice(1, 4), lines[fault]?.slice(0, 11)], [
      [
        "  run 1: 100 updated, 0 skipped, N ms",
        "  run 2: 0 updated, 100 skipped, N ms",
        "  ✓ the second run updated nothing",
      ],
      "  ✗ Cannot ",
    ]);
  });

  test("the log is text with colors on a terminal, without them if NO_COLOR is set", async () => {
    const args = ["run", ...dataset("customers", "name"), "--dry-run"];
    const env = { PG_CONN_STR: database.url, LOG_LEVEL: "info" };
    // deno-lint-ignore no-control-regex
    const color = /\x1b\[[0-9;]*m/;
    const colored = await runOnTerminal(program, args, env);
    assert.match(colored.raw, color);
    assert.match(colored.screen, /run .* started on/);
    const plain = await runOnTerminal(program, args, { ...env, NO_COLOR: "1" });
    assert.doesNotMatch(plain.raw, color);
    assert.match(plain.screen, /run .* started on/);
    const json = await runOnTerminal(program, args, { ...env, LOG_FORMAT: "json" });
    assert.match(json.screen, /^\{.*"event":"run_started".*\}$/m);
  });

  test("marks are in color on a terminal that has colors, and elsewhere if that is asked for", async () => {
    const args = ["config", "check", "--output", "table"];
    const green = "\x1b[32m✓\x1b[0m the settings can be used";
    const plain = "\n✓ the settings can be used";
    for (
      const [more, expected] of [
        [{}, green],
        [{ NO_COLOR: "1" }, plain],
        [{ NO_COLOR: "1", FORCE_COLOR: "1" }, plain],
        [{ TERM: "dumb" }, plain],
        [{ CLICOLOR: "0" }, plain],
        [{ TERM: "dumb", CLICOLOR_FORCE: "1" }, green],
      ] as readonly [Environment, string][]
    ) {
      const { raw } = await runOnTerminal(program, args, { ...env, ...more });
      assert.ok(raw.includes(expected), JSON.stringify({ more, raw }));
    }
    for (
      const [more, expected] of [
        [{}, plain],
        [{ FORCE_COLOR: "0" }, plain],
        [{ FORCE_COLOR: "1" }, green],
        [{ CLICOLOR_FORCE: "1" }, green],
      ] as readonly [Environment, string][]
    ) {
      const { stdout } = await runProgram(program, args, { ...env, ...more });
      assert.ok(stdout.includes(expected), JSON.stringify({ more, stdout }));
    }
  });

  test("whoever was asked about dummy tokens is not warned of them once more", async () => {
    await database.sql`create table asked_once as select 'canary' as name`;
    const args = ["run", ...dataset("asked_once", "name")];
    const { screen } = await runOnTerminal(program, args, env, {
      after: /\[y\/N\] $/,
      keys: "y\n",
    });
    assert.doesNotMatch(screen, /WRN/);
    const unasked = await runOnTerminal(program, ["run", "--yes", ...args.slice(1)], env);
    assert.match(unasked.screen, /WRN .*anybody can read its tokens back/);
  });

  test("a job logs warnings and up on a terminal, unless something says how much", async () => {
    const args = ["run", ...dataset("customers", "name"), "--dry-run"];
    const { screen } = await runOnTerminal(program, args, env);
    assert.doesNotMatch(screen, /started on|would be updated/);
    const asked = await runOnTerminal(program, [...args, "-v"], env);
    assert.match(asked.screen, /started on/);
  });

  test("a progress bar shows work that takes more than a second, and then disappears", async () => {
    await slowTable("slow", 0.25);
    const args = [...RUN, ...dataset("slow", "email")];
    const { code, raw, screen } = await runOnTerminal(program, args, {
      ...env,
      ALLOW_TRIGGERS: "true",
      LOG_LEVEL: "info",
      PUSHDOWN: "false", // what one statement does has no progress to show
    });
    assert.equal(code, 0, screen);
    const drawn = [...raw.matchAll(/\[#*-*\] \d+ %, ([\d,]+) of ([\d,]+) rows, [\d,]+ rows\/s/g)];
    assert.ok(drawn.length > 0, screen);
    const rows = drawn.map(([, done]) => Number(done!.replaceAll(",", "")));
    assert.deepEqual(rows, rows.toSorted((a, b) => a - b));
    assert.ok(drawn.every(([, , total]) => total === "20,000"));
    assert.doesNotMatch(screen, /\[#*-*\]/, "the bar is gone, and nothing is mixed into it");
    assert.match(screen, /^updated {2}20,000 rows$/m);
    assert.match(screen, /run .* on .*slow.*: 20000 updated/);
  });

  test("work of which nothing is known shows how long it has been running", async () => {
    await database
      .sql`create table slower as select 'canary' || n as email from generate_series(1, 200) n`;
    const other = openSql(database.url);
    const args = [...RUN, ...dataset("slower", "email")];
    const { running } = await other.begin(async (tx) => {
      await tx`select from slower for update`;
      const running = runOnTerminal(program, args, { ...env, PG_LOCK_TIMEOUT_MS: "60000" });
      await until(async () => {
        const [row] = await database.sql`
          select from pg_locks where not granted and locktype = 'transactionid'`;
        return row !== undefined;
      }, "the run does not wait for a row");
      await tx`select pg_sleep(2.5)`;
      return { running };
    });
    await other.end();
    const { code, raw, screen } = await running;
    assert.equal(code, 0, screen);
    assert.match(raw, /tokenizing, [1-9] s so far/);
    assert.doesNotMatch(screen, /so far/, JSON.stringify(raw)); // gone, and nothing mixed into it
    assert.match(screen, /^updated {2}200 rows$/m);
  });

  test("work in a single statement shows an estimate", async () => {
    await slowRows("estimated", 5);
    const args = [...RUN, ...dataset("estimated", "email")];
    const { code, raw, screen } = await runOnTerminal(program, args, {
      ...env,
      ALLOW_TRIGGERS: "true",
    });
    assert.equal(code, 0, screen);
    const shares = [...raw.matchAll(/\[#*-*\] about (\d+) %, [\d,]+ of [\d,]+ rows/g)];
    const numbers = shares.map(([, share]) => Number(share));
    assert.ok(numbers.length > 0, raw);
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
    assert.match(raw, /about \d+ %, [\d,]+ of [\d,]+ rows, \d+ s left/);
    assert.doesNotMatch(screen, /about/, JSON.stringify(raw));
    assert.match(screen, /^updated {2}20,000 rows$/m);
  });

  test("work that takes long says so in lines, where the terminal cannot draw", async () => {
    await slowRows("dumb", 14);
    const args = ["run", "--yes", ...dataset("dumb", "email")];
    const slow = { ...env, ALLOW_TRIGGERS: "true", TERM: "dumb" };
    const { code, raw } = await runOnTerminal(program, args, slow);
    assert.equal(code, 0, raw);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(raw.replaceAll("\r\n", "\n"), /[\x00-\x09\x0b-\x1f]/);
    assert.match(raw, /^tokenize: about \d+ %, [\d,]+ of [\d,]+ rows, \d+ s left\r$/m);
  });

  test("without a terminal, long work is logged now and then", async () => {
    await slowRows("logged", 14);
    const args = ["run", "--yes", ...dataset("logged", "email")];
    const slow = { ...env, ALLOW_TRIGGERS: "true" };
    const { code, stdout, stderr } = await runProgram(program, args, slow);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).updated, 20_000);
    const lines = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    const [said] = lines.filter(({ event }) => event === "run_progress");
    assert.match(said.message, /^run \S+: "about \d+ %, [\d,]+ of [\d,]+ rows, \d+ s left"$/);
    assert.ok(said.updated > 0 && said.updated < said.total && said.elapsedMs >= 10_000, stderr);
  });

  test("Ctrl-C ends the bar and the run, and the last line says how, however often it is typed", async () => {
    for (const [times, table] of ["once", "twice"].entries()) {
      await slowTable(table, 600);
      const args = [...RUN, ...dataset(table, "email")];
      const typing = { after: /so far/, keys: CTRL_C.repeat(times + 1) };
      const { code, screen } = await runOnTerminal(program, args, {
        ...env,
        ALLOW_TRIGGERS: "true",
      }, typing);
      assert.equal(code, 130, screen);
      const said = "Cannot finish the run: SIGINT was received; nothing was changed";
      assert.ok(screen.endsWith(`tokenize: ${said} (shutting_down)\n`), screen);
      assert.doesNotMatch(screen, /so far/);
    }
  });

  test("who asked a running action sees how far the run is, until the report is there", async () => {
    await slowTable("asked_for", 0.25);
    const settings = { ...env, ALLOW_TRIGGERS: "true", PUSHDOWN: "false" };
    await using service = await startService(program, settings);
    const args = ["trigger", "--url", service.url, ...dataset("asked_for", "email")];
    const { code, raw, screen } = await runOnTerminal(program, args, {});
    assert.equal(code, 0, screen);
    assert.match(raw, /waiting, 1 s so far/);
    assert.match(raw, /\[#*-*\] \d+ %, [\d,]+ of 20,000 rows/);
    assert.doesNotMatch(screen, /\[#*-*\]|so far/, JSON.stringify(raw));
    assert.match(screen, /^updated {2}20,000 rows$/m);
  });

  test("quick work shows no progress bar", async () => {
    const { raw } = await runOnTerminal(program, [...RUN, ...dataset("customers", "email")], env);
    assert.doesNotMatch(raw, /rows\/s/);
  });

  test("names on a terminal stay on their line, in tables, logs and errors", async () => {
    const evil = "e\u0085v\u2028i\u202el \x1b[2J";
    await database.sql`create table ${database.sql(evil)} as select 'canary' as ${
      database.sql(evil)
    }`;
    const name = urnOf(`${database.name}.public.${evil}`);
    for (const columns of [evil, "missing"]) {
      const args = ["run", "--urn", name, "--columns", columns, "--dry-run"];
      const { raw } = await runOnTerminal(program, args, env);
      assert.match(raw, columns === evil ? /would update/ : /column_not_found/);
      assert.ok(raw.includes("e\\u0085v\\u2028i\\u202el \\u001b[2J"), raw);
      assert.ok(!["\u0085", "\u2028", "\u202e", "\x1b[2J"].some((each) => raw.includes(each)));
    }
  });

  test("a program on a terminal never asks for input", async () => {
    const env = { PORT: String(freePort()) };
    const { code, screen } = await runOnTerminal(program, ["healthcheck"], env);
    assert.equal(code, 1);
    assert.doesNotMatch(screen, /Allow|requests|prompt/i);
  });

  /** A table whose UPDATE takes that long, row by row. */
  async function slowRows(name: string, seconds: number): Promise<void> {
    await database.sql.unsafe(`
      create table ${name} as select n, 'canary' || n as email from generate_series(1, 20000) as n;
      create function wait_${name}() returns trigger language plpgsql as $$ begin
        if new.n % 200 = 0 then perform pg_sleep(${seconds / 100}); end if; return new; end $$;
      create trigger wait before update on ${name} for each row execute function wait_${name}();`);
  }

  /** A table whose every UPDATE takes that long. */
  async function slowTable(name: string, seconds: number): Promise<void> {
    await database.sql.unsafe(`
      create table ${name} as select 'canary' || n as email from generate_series(1, 20000) as n;
      create function wait_${name}() returns trigger language plpgsql as
        $$ begin perform pg_sleep(${seconds}); return null; end $$;
      create trigger wait after update on ${name} for each statement
        execute function wait_${name}();`);
  }
}
