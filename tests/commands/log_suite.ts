/** The log of the real program: one line for each outcome, and no value or secret. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { parseLog, type Program, runProgram, startService } from "../support/program.ts";

/** What ends a line for some reader, commands a terminal, or changes the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** What must be true of any build of the program. */
export async function logSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const urn = (table: string) => urnOf(`${database.name}.public.${table}`);
  const env = { PG_CONN_STR: database.url };

  test("each run has one line with its outcome: the counts or the reason", async () => {
    await using service = await startService(program, env);
    const good = await service.trigger({ dataset_urn: urn("customers"), columns: ["phone"] });
    const bad = await service.trigger({ dataset_urn: urn("customers"), columns: ["id"] });
    await service.stop("SIGTERM");
    const log = service.log();
    assert.deepEqual(log.map(({ event, level }) => `${level} ${event}`), [
      "INFO sandbox_ready",
      "WARN dummy_tokens",
      "INFO listening",
      "INFO run_started",
      "INFO residue_found",
      "INFO run_finished",
      "INFO run_started",
      "ERROR run_failed",
      "INFO stopping",
      "INFO stopped",
    ]);
    const [finished, failed] = [log[5]!, log[7]!];
    assert.deepEqual(
      [finished.runId, finished.table, finished.updated, finished.skipped, finished.elapsedMs],
      [good.json.run_id, good.json.table, 100, 0, good.json.elapsed_ms],
    );
    assert.match(finished.message, /100 updated, 0 skipped/);
    assert.match(log[4]!.message, /: old values remain in "dead_rows", not checked: "[^"]+"/);
    assert.deepEqual(
      [failed.runId, failed.code, failed.reason],
      [bad.json.run_id, "column_not_tokenizable", bad.json.detail],
    );
    for (const line of log) {
      assert.match(String(line["@timestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
      assert.equal(line.logger, "tokenize");
    }
  });

  test("LOG_LEVEL=debug adds each batch, and LOG_LEVEL=error leaves only failures", async () => {
    const events = async (level: string, columns: string) => {
      const args = ["run", "--urn", urn("customers"), "--columns", columns, "--dry-run"];
      const { stderr } = await runProgram(program, args, {
        ...env,
        LOG_LEVEL: level,
        LOG_FORMAT: "json",
      });
      const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
      return lines.map((line) => JSON.parse(line).event);
    };
    assert.deepEqual(await events("debug", "name"), [
      "run_started",
      "table_resolved",
      "phases_measured",
      "run_finished",
    ]);
    assert.deepEqual(await events("info", "name"), ["run_started", "run_finished"]);
    assert.deepEqual(await events("warn", "name"), []);
    assert.deepEqual(await events("error", "name"), []);
    assert.deepEqual(await events("error", "id"), ["run_failed"]);
  });

  test("LOG_FORMAT=text is one readable line for each event, without colors in a pipe", async () => {
    const args = ["run", "--urn", urn("customers"), "--columns", "name", "--dry-run"];
    const { stderr } = await runProgram(program, args, { ...env, LOG_FORMAT: "text" });
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, 2, stderr);
    assert.match(
      lines[0]!,
      /^\d\d:\d\d:\d\d\.\d+ \[INF\] tokenize: dry run ".*" started on "urn:li:/,
    );
    assert.match(
      lines[1]!,
      /^\d\d:\d\d:\d\d\.\d+ \[INF\] tokenize: dry run ".*" on ".*": 100 would be updated/,
    );
  });

  test("a caller can neither forge log lines nor control a terminal", async () => {
    await using service = await startService(program, env);
    const evil = `x\n{"event":"forged"}\n\x1b[2J\x1b]0;title\x07`;
    await service.trigger({ dataset_urn: evil, columns: [evil] });
    await service.send("GET", `/${encodeURIComponent(evil)}`);
    const { stderr: json } = await service.stop("SIGTERM");
    assert.ok(!service.log().some(({ event }) => event === "forged"));
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(json, /[\x00-\x09\x0b-\x1f\x7f]/);
    const args = ["run", "--urn", "x\n\x1b[2Jforged", "--columns", "x"];
    const { stderr } = await runProgram(program, args, { LOG_FORMAT: "text" });
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(stderr, /^forged|[\x00-\x09\x0b-\x1f\x7f]/m);
  });

  test("a line is one line to any reader, whatever a name contains", async () => {
    const evil = "\u0085 \u2028 \u2029 \u009b2J \u061c \u200e \u200f \u202e \u2066 \x07 \x7f '\"`";
    const named = urn(`t${evil}`);
    const run = ["run", "--urn", named, "--columns", `a${evil}`];
    for (const format of ["text", "json"]) {
      const { stdout, stderr } = await runProgram(program, run, { ...env, LOG_FORMAT: format });
      assert.doesNotMatch((stdout + stderr).replaceAll("\n", ""), UNPRINTABLE, format);
      assert.equal(stderr.trimEnd().split("\n").length, 3, stderr);
      if (format === "text") continue;
      const [, started] = parseLog(stderr);
      assert.deepEqual([started?.datasetUrn, started?.columns], [named, [`a${evil}`]]);
    }
    const usage = await runProgram(program, ["run", "--commit", `x${evil}\x1b[2J`]);
    assert.equal(usage.code, 2);
    assert.doesNotMatch(usage.stderr.replaceAll("\n", ""), UNPRINTABLE);
  });

  test("no output has a value or a secret, whatever goes wrong and however much is logged", async () => {
    await database.sql.unsafe(`
      create table uniques (v text unique);
      insert into uniques values ('canary'), ('tok_Y2FuYXJ5_poc');
      create table checked (v text check (length(v) < 10));
      insert into checked values ('canary');
      create table short (v varchar(10));
      insert into short values ('canary');
      create table canaries as select 'canary' || n as v from generate_series(1, 6000) as n;`);
    const role = await database.createUser(
      "grant select, update on all tables in schema public to $user",
    );
    const url = new URL(role.url);
    url.password = "canary-wrong-password";
    const token = { TRIGGER_TOKEN: "canary-trigger-token" };
    for (const format of ["json", "text"]) {
      const verbose = { LOG_LEVEL: "debug", LOG_FORMAT: format };
      const failures = [
        ["uniques", "constraint_violation"],
        ["checked", "constraint_violation"],
        ["short", "value_too_long"],
        ["canaries", undefined],
      ] as const;
      await Promise.all(failures.map(async ([table, code]) => {
        const args = ["run", "--urn", urn(table), "--columns", "v"];
        const { stdout } = await runProgram(program, args, { PG_CONN_STR: role.url, ...verbose });
        assert.equal(JSON.parse(stdout).code, code, stdout);
      }));
      const refused = await runProgram(program, ["run", "--urn", urn("short"), "--columns", "v"], {
        ...verbose,
        ...token,
        PG_CONN_STR: url.href,
      });
      assert.equal(JSON.parse(refused.stdout).code, "database_unreachable");
    }
    await using service = await startService(program, {
      ...token,
      PG_CONN_STR: url.href,
      LOG_LEVEL: "debug",
    });
    assert.equal((await service.send("GET", "/readyz")).status, 503);
    const response = await service.trigger({ dataset_urn: urn("short"), columns: ["v"] });
    assert.deepEqual([response.status, response.json.code], [502, "database_unreachable"]);
    assert.equal((await service.stop("SIGTERM")).code, 0); // which searches all that was logged
  });
}
