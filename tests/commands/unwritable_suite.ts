/** Standard output that cannot be written, and callers that go away: what was done stays done. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { type Environment, type Program, startService } from "../support/program.ts";
import { testUnless } from "../support/skipping.ts";

const whyNoFullDevice = Deno.build.os === "linux" ? undefined : "only Linux has /dev/full";

const TO_FULL_DISK = '"$@" > /dev/full';
const TO_NOTHING = '"$@" > /dev/full 2> /dev/full';
/** Opens both ends of a pipe at once, so that neither waits for the other, and closes the reader's. */
const TO_CLOSED_PIPE =
  'p=$(mktemp -u) && mkfifo "$p" && exec 3<>"$p" 4>"$p" 3<&- && rm "$p" && "$@" >&4';

/** What must be true of any build of the program. */
export async function unwritableSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const { sql } = database;
  const env = { PG_CONN_STR: database.url, LOG_LEVEL: "error" };
  const urn = (table: string) => urnOf(`${database.name}.public.${table}`);
  const dataset = (table: string) => ["--urn", urn(table), "--columns", "email"];
  const withTable = async (name: string) => {
    await sql`create table ${sql(name)} as select id, email from customers`;
  };
  const tokensIn = async (table: string) =>
    (await database.valuesOf(table, "email")).filter((email) => email?.startsWith("tok_")).length;
  const test = (title: string, body: () => Promise<void>) =>
    testUnless(whyNoFullDevice, `${program.name}: ${title}`, body);

  for (
    const [where, script, reason] of [
      ["on a full disk", TO_FULL_DISK, "the disk is full"],
      ["into a closed pipe", TO_CLOSED_PIPE, "its reader closed it"],
    ] as const
  ) {
    test(`a run that cannot print its report ${where} is done, and says so`, async () => {
      const table = where.replaceAll(" ", "_");
      await withTable(table);
      const args = ["run", ...dataset(table)];
      const { code, stderr } = await runBy(script, program, args, env);
      assert.deepEqual([code, stderr], [
        0,
        `tokenize: Cannot write the report to standard output: ${reason}; ` +
        `the run on ${database.name}.public.${table} was done: 100 rows updated, 0 skipped\n`,
      ]);
      assert.equal(await tokensIn(table), 100);
    });
  }

  test("a dry run that cannot print its report has failed, and says what it found", async () => {
    const args = ["run", ...dataset("customers"), "--dry-run"];
    const { code, stderr } = await runBy(TO_FULL_DISK, program, args, env);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /the disk is full; the dry run .* 100 rows would be updated, 0 skipped\n$/,
    );
  });

  test("a failure whose problem document cannot be printed keeps its sentence", async () => {
    const args = ["run", "--urn", urn("customers"), "--columns", "id"];
    const { code, stderr } = await runBy(TO_FULL_DISK, program, args, env);
    assert.equal(code, 1);
    assert.match(stderr, /^tokenize: Cannot tokenize .* \(column_not_tokenizable\)$/m);
    assert.doesNotMatch(stderr, /defect|internal/);
  });

  test("a run that can print nothing at all is done all the same", async () => {
    await withTable("mute");
    const { code } = await runBy(TO_NOTHING, program, ["run", ...dataset("mute")], {
      PG_CONN_STR: database.url,
    });
    assert.deepEqual([code, await tokensIn("mute")], [0, 100]);
  });

  test("trigger and smoke end by what was done when they cannot print it", async () => {
    await withTable("triggered");
    await using service = await startService(program, { PG_CONN_STR: database.url });
    for (const command of ["trigger", "smoke"]) {
      const args = [command, ...dataset("triggered"), "--url", service.url];
      const { code, stderr } = await runBy(TO_FULL_DISK, program, args, {});
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^tokenize: Cannot write .*standard output: the disk is full/);
    }
    assert.equal(await tokensIn("triggered"), 100);
  });

  for (const args of [["permissions"], ["--help"], ["run", "--help"], ["--version"]]) {
    test(`${args.join(" ")} that cannot be printed is one line, and exit code 1`, async () => {
      const { code, stderr } = await runBy(TO_FULL_DISK, program, args, {});
      assert.deepEqual([code, stderr], [
        1,
        "tokenize: Cannot write to standard output: the disk is full\n",
      ]);
    });
  }

  test("a caller who goes away before the end leaves a run that is done, in the log too", async () => {
    await withTable("left_alone");
    await using service = await startService(program, { PG_CONN_STR: database.url });
    await using holder = database.connect();
    await holder`begin`;
    await holder`select from left_alone for update`;
    const gone = new AbortController();
    const asked = fetch(`${service.url}/trigger`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dataset_urn: urn("left_alone"), columns: ["email"] }),
      signal: gone.signal,
    });
    const left = assert.rejects(asked);
    await database.untilBlocked();
    gone.abort();
    await left;
    await holder`commit`;
    const { updated } = await service.logged("run_finished");
    assert.deepEqual([updated, await tokensIn("left_alone")], [100, 100]);
    await service.stop("SIGTERM");
    const failures = service.log().filter(({ level }) => level === "ERROR" || level === "WARN");
    assert.deepEqual(failures.map(({ event }) => event), ["dummy_tokens"]);
  });
}

/** Runs a program by a line of shell, in which `"$@"` stands for the program and its arguments. */
async function runBy(
  script: string,
  program: Program,
  args: readonly string[],
  env: Environment,
): Promise<{ code: number; stderr: string }> {
  const { HOME = "", PATH = "", DENO_DIR } = Deno.env.toObject();
  const cache: Environment = DENO_DIR === undefined ? {} : { DENO_DIR };
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", program.file, ...program.args, ...args],
    env: { HOME, PATH, ...cache, ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}
