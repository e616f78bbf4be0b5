/** doctor: a line for each thing that a run depends on, an exit code, and nothing written or shown. */
import assert from "node:assert/strict";
import { jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { PII } from "../datahub/loop/labels.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { type Program, runProgram } from "../support/program.ts";

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly todo: string | null;
}

/** What must be true of any build of the program. */
export async function doctorSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const { sql } = database;
  const dir = await Deno.makeTempDir();
  Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);

  await Deno.writeTextFile(`${dir}/keys.json`, jwkSet(await sivJwk("s1")), { mode: 0o600 });
  const env = {
    PG_CONN_STR: database.url,
    TOKEN_SDK_MODE: "aes-siv",
    TOKEN_KEYS_FILE: `${dir}/keys.json`,
  };
  const urn = urnOf(`${database.name}.public.customers`);
  const examine = async (
    args: readonly string[] = [],
    more: Readonly<Record<string, string>> = {},
  ) => {
    const { code, stdout } = await runProgram(program, ["doctor", "--json", ...args], {
      ...env,
      ...more,
    });
    return { code, checks: JSON.parse(stdout).checks as Finding[] };
  };
  const stateOf = (checks: readonly Finding[], name: string) =>
    checks.filter(({ check }) => check === name).map(({ state }) => state);

  test("doctor says that all is well, on one screen, and changes nothing", async () => {
    const user = await database.createUser(
      "grant usage on schema public to $user",
      "grant select, update on customers to $user",
    );
    await database.assertUnchanged("customers", async () => {
      const { code, stdout, stderr } = await runProgram(program, [
        "doctor",
        "--output",
        "table",
        "--urn",
        urn,
        "--columns",
        "email,phone",
      ], { ...env, PG_CONN_STR: user.url });
      assert.equal(code, 0, stdout);
      assert.equal(stderr, "");
      const lines = stdout.trim().split("\n");
      const says = (start: string) => {
        const line = lines.find((each) => each.startsWith(start));
        assert.ok(line !== undefined, `${start} is not in\n${stdout}`);
        return line;
      };
      says("✓ settings ");
      assert.match(says("✓ connection postgres "), /: PostgreSQL \d+\.\d+, not encrypted$/);
      says("✓ clock ");
      assert.match(says("✓ dataset "), /customers: email, phone can be read and written$/);
      assert.match(says("✓ token SDK aes-siv "), /with key "s1", recognises them, and reads them/);
      says("✓ sandbox ");
      says("✓ open files ");
      says("– memory ");
    });
  });

  test("doctor says what is wrong and what to do, and ends with 1", async () => {
    const user = await database.createUser("grant select (email) on customers to $user");
    const asUser = { PG_CONN_STR: user.url };
    const rights = await examine(["--urn", urn, "--columns", "email,nothing"], asUser);
    assert.equal(rights.code, 1);
    const said = rights.checks.filter(({ check }) => check === "dataset");
    assert.deepEqual(said.map(({ state }) => state), ["failed", "failed"]);
    assert.match(said[0]!.detail, /no column "nothing".*column_not_found/);
    assert.match(said[1]!.detail, /lacks UPDATE on column "email".*permission_denied/);

    const away = await examine([], { PG_CONN_STR: "postgres://u:canary@127.0.0.1:1/app" });
    assert.equal(away.code, 1);
    assert.deepEqual(stateOf(away.checks, "connection postgres"), ["failed"]);
    assert.deepEqual(stateOf(away.checks, "sandbox"), ["ok"]);
    const nothing = await examine([], { PG_CONN_STR: "" });
    assert.equal(nothing.code, 2);
    assert.deepEqual(stateOf(nothing.checks, "settings"), ["ok", "failed"]);
  });

  test("doctor advises against the dummy and a superuser, which is no failure", async () => {
    const { code, checks } = await examine([], { TOKEN_SDK_MODE: "dummy" });
    assert.equal(code, 0);
    assert.deepEqual(stateOf(checks, "settings"), ["ok", "advice"]);
    const superuser = checks.find(({ detail }) => detail.includes("superuser"));
    assert.equal(superuser?.state, "advice");
  });

  test("doctor lists the faults of the settings, and ends with 2", async () => {
    const { code, checks } = await examine([], { PORT: "none", LOG_LEVEL: "loud" });
    assert.equal(code, 2);
    assert.deepEqual(checks.map(({ check, state }) => [check, state]), [
      ["settings", "failed"],
      ["settings", "failed"],
    ]);
    const text = checks.map(({ detail }) => detail).join("\n");
    assert.match(text, /PORT: /);
    assert.match(text, /LOG_LEVEL: /);
    const shown = await runProgram(program, ["doctor", "--output", "table"], { ...env, PORT: "x" });
    assert.equal(shown.code, 2);
    assert.match(shown.stdout, /^✗ settings {2}PORT: /);
  });

  test("doctor asks DataHub for missing privileges, and the history for its version", async () => {
    await using datahub = startDatahub();
    const follows = {
      DATAHUB_GMS_URL: datahub.url,
      DATAHUB_GMS_TOKEN: datahub.token,
      DATAHUB_TAGS: PII,
      HISTORY_CONN_STR: database.url,
    };
    const well = await examine([], follows);
    assert.equal(well.code, 0, JSON.stringify(well.checks));
    assert.deepEqual(stateOf(well.checks, "DataHub"), ["ok"]);
    assert.deepEqual(stateOf(well.checks, "history"), ["advice"]);
    const schemas = await sql`select from pg_namespace where nspname like '%tokenize%'`;
    assert.equal(schemas.length, 0, "doctor must not make the history's tables");
    for (const privilege of [...datahub.metadata.privileges]) {
      datahub.metadata.privileges.delete(privilege);
    }
    const missing = await examine([], follows);
    assert.equal(missing.code, 1);
    assert.ok(stateOf(missing.checks, "DataHub").every((state) => state === "failed"));
    const refused = await examine([], { ...follows, DATAHUB_GMS_TOKEN: "canary-token" });
    assert.deepEqual(stateOf(refused.checks, "DataHub"), ["failed"]);
  });
}
