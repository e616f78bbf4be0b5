/** rotate: tokens of an older SDK or key become those of the current one, even after a kill. */
import assert from "node:assert/strict";
import { assertReport } from "../support/assertions.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { until } from "../../scripts/servers/until.ts";
import { type Program, runProgram, spawnProgram } from "../support/program.ts";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";

const NOWHERE = { platform: "postgres", dataset: [], column: "" };
const ROWS = 20_000;

/** What must be true of any build of the program. */
export async function rotateSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const { sql } = database;
  const dir = await Deno.makeTempDir();
  Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);

  const keys = jwkSet(await sivJwk("s2"), await hmacJwk("h1"), await sivJwk("s1"));
  const keyFile = `${dir}/keys.json`;
  await Deno.writeTextFile(keyFile, keys, { mode: 0o600 });
  await Deno.writeTextFile(`${dir}/old.json`, jwkSet(await sivJwk("s1")), { mode: 0o600 });
  const env = { PG_CONN_STR: database.url, TOKEN_SDK_MODE: "aes-siv", TOKEN_KEYS_FILE: keyFile };
  const dataset = (table: string, columns: string) => [
    "--urn",
    urnOf(`${database.name}.public.${table}`),
    "--columns",
    columns,
  ];
  const run = async (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const ended = await runProgram(program, args, { ...env, ...more });
    for (const { k } of JSON.parse(keys).keys) {
      assert.ok(!`${ended.stdout}${ended.stderr}`.includes(k), "it shows a key");
    }
    return ended;
  };
  const siv = await openKeyed("aes-siv", keys);
  const readBack = async (table: string, column: string) =>
    await siv.detokenize!(await database.valuesOf(table, column) as string[], NOWHERE);

  test("rotate replaces dummy tokens by those of a real SDK: 100 rows, then 0", async () => {
    await sql`create table moved as select id, email, phone from customers`;
    const plain = await database.valuesOf("moved", "email");
    const args = dataset("moved", "email,phone");
    await run(["run", ...args], { TOKEN_SDK_MODE: "dummy" });
    const before = await run(["run", ...args, "--json"]);
    assert.deepEqual(JSON.parse(before.stdout).foreign, 200);

    const counts = [];
    for (const more of [["--dry-run"], [], []]) {
      const { code, stdout, stderr } = await run(["rotate", ...args, "--from", "dummy", ...more]);
      assert.equal(code, 0, stderr);
      const { updated, skipped, foreign, lookalikes, dry_run } = JSON.parse(stdout);
      counts.push([dry_run, updated, skipped, foreign, lookalikes]);
    }
    assert.deepEqual(counts, [[true, 100, 0, 0, 0], [false, 100, 0, 0, 0], [false, 0, 100, 0, 0]]);
    assert.deepEqual(await readBack("moved", "email"), plain);
  });

  test("rotate replaces the tokens of one key only, which run leaves alone", async () => {
    await sql`create table by_key as select id, email from customers`;
    const plain = await database.valuesOf("by_key", "email");
    const args = dataset("by_key", "email");
    await run(["run", ...args], { TOKEN_KEYS_FILE: `${dir}/old.json` });
    const left = JSON.parse((await run(["run", ...args])).stdout);
    assertReport(left, { updated: 0, skipped: 100, foreign: 100 });
    const { updated, foreign } = JSON.parse(
      (await run(["rotate", ...args, "--from", "s1"])).stdout,
    );
    assert.deepEqual([updated, foreign], [100, 0]);
    const tokens = await database.valuesOf("by_key", "email");
    assert.ok(tokens.every((token) => token!.startsWith("tk1_siv_g_s2_")));
    assert.deepEqual(await readBack("by_key", "email"), plain);
  });

  test("the history and the receipts say whether a run tokenized, rotated or restored", async () => {
    await sql`create table told as select id, email from customers`;
    const args = dataset("told", "email");
    const history = { HISTORY_CONN_STR: database.url };
    const steps: [command: string[], settings: Readonly<Record<string, string>>][] = [
      [["run"], { TOKEN_KEYS_FILE: `${dir}/old.json` }],
      [["rotate", "--from", "s1"], {}],
      [["restore"], { ALLOW_DETOKENIZE: "true" }],
    ];
    for (const [[name = "", ...more], settings] of steps) {
      const { code, stderr } = await run([name, ...args, ...more], { ...settings, ...history });
      assert.equal(code, 0, stderr);
    }
    const kept = await sql<{ run: string; receipt: string }[]>`
      select r.document->>'operation' as run,
        convert_from(decode(k.document::json->>'payload', 'base64'), 'UTF8')::json
          -> 'predicate' ->> 'operation' as receipt
      from tokenize_history.runs r join tokenize_history.receipts k using (run_id)
      order by r.created_at`;
    assert.deepEqual(kept.map(({ run }) => run), ["tokenize", "rotate", "restore"]);
    assert.deepEqual(kept.map(({ receipt }) => receipt), ["tokenize", "rotate", "restore"]);
  });

  test("rotate refuses one-way tokens with exit code 2, whether an SDK or a key is named", async () => {
    for (const from of ["hmac-sha256", "h1"]) {
      const { code, stdout, stderr } = await run(
        ["rotate", ...dataset("customers", "email"), "--from", from],
      );
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(
        stderr,
        /^tokenize: --from: its tokens are one-way and cannot be read back$/m,
      );
    }
  });

  for (const commit of ["atomic", "batches"]) {
    test(`rotate loses nothing when it is killed and repeated (${commit})`, async () => {
      await sql`drop table if exists killed`;
      await sql`create table killed as select n as id, 'canary ' || n as v,
        repeat('x', 900) as filler from generate_series(1, ${ROWS}::int) n`;
      const args = dataset("killed", "v");
      assert.equal((await run(["run", ...args], { TOKEN_KEYS_FILE: `${dir}/old.json` })).code, 0);
      const rotate = ["rotate", ...args, "--from", "s1", "--commit", commit];
      {
        const log = { LOG_LEVEL: "debug", LOG_FORMAT: "json" };
        await using running = spawnProgram(program, rotate, { ...env, ...log });
        await running.logged("batch_written");
        await running.stop("SIGKILL");
      }
      await until(async () => (await database.sessions()).length === 0);
      const tokensOf = (key: string) =>
        database.valuesOf("killed", "v").then((tokens) =>
          tokens.filter((token) => token!.startsWith(`tk1_siv_g_${key}_`)).length
        );
      const [old, moved] = [await tokensOf("s1"), await tokensOf("s2")];
      assert.equal(old + moved, ROWS);
      if (commit === "atomic") assert.ok(moved === 0 || old === 0);

      const { code, stdout, stderr } = await run(rotate);
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).updated, old);
      assert.equal(await tokensOf("s2"), ROWS);
      const expected = Array.from({ length: ROWS }, (_, i) => `canary ${i + 1}`);
      assert.deepEqual(await readBack("killed", "v"), expected);
    });
  }
}
