/** The configuration file with the real program: `config check`, `--config`, and several databases. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { type Environment, type Program, runProgram, startService } from "../support/program.ts";

/** What must be true of any build of the program. */
export async function configSuite(program: Program): Promise<void> {
  const [one, other] = [
    await useDatabase({ customers: true }),
    await useDatabase({ customers: true }),
  ];
  const test = (title: string, body: (path: string) => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, async () => {
      const path = await Deno.makeTempFile({ suffix: ".yaml" });
      await body(path).finally(() => Deno.remove(path));
    });
  const check = (args: readonly string[], env: Environment = {}) =>
    runProgram(program, ["config", "check", ...args], env);

  test("config check says where each setting comes from", async (path) => {
    await Deno.writeTextFile(path, "port: 9000\nlog_level: ${TOKENIZE_LEVEL:-debug}\n");
    const env = { TOKENIZE_CONFIG: path, LOG_FORMAT: "text" };
    const { code, stdout, stderr } = await check(["--json"], env);
    assert.deepEqual([code, stderr], [0, ""]);
    const { valid, settings, faults } = JSON.parse(stdout);
    assert.deepEqual([valid, faults], [true, []]);
    assert.deepEqual(settings, [
      { variable: "PORT", value: "9000", file: path, key: "port", line: 1, column: 7 },
      { variable: "LOG_LEVEL", value: "debug", file: path, key: "log_level", line: 2, column: 12 },
      { variable: "LOG_FORMAT", value: "text", file: null, key: null, line: null, column: null },
    ]);
  });

  test("every command reads the file, and refuses it with each fault in a line", async (path) => {
    await Deno.writeTextFile(path, "port: 0\nlog_levle: debug\n");
    const expected = [
      `tokenize: ${path}:1:7: port: it is not a whole number from 1 to 65535`,
      `tokenize: ${path}:2:1: log_levle: there is no such key: did you mean "log_level"?`,
      "",
    ].join("\n");
    for (const args of [["serve"], ["permissions"], ["healthcheck"], ["config", "check"]]) {
      const { code, stderr } = await runProgram(program, ["--config", path, ...args], {});
      assert.deepEqual([code, stderr], [2, expected], args.join(" "));
    }
    const { code, stdout } = await check(["--config", path, "--json"]);
    const { valid, faults } = JSON.parse(stdout);
    assert.deepEqual([code, valid], [2, false]);
    assert.deepEqual(faults[0], {
      variable: "PORT",
      reason: "it is not a whole number from 1 to 65535",
      file: path,
      key: "port",
      line: 1,
      column: 7,
    });
  });

  test("a file that cannot be read is a fault of what names it", async () => {
    const byOption = await check(["--config", "/none"], { TOKENIZE_CONFIG: "/neither" });
    assert.deepEqual([byOption.code, byOption.stderr], [
      2,
      'tokenize: --config: the file "/none" does not exist\n',
    ]);
    const byVariable = await check([], { TOKENIZE_CONFIG: "/none" });
    assert.match(
      byVariable.stderr,
      /^tokenize: TOKENIZE_CONFIG: the file "\/none" does not exist\n$/,
    );
  });

  test("a reference can name a variable that begins with TOKENIZE_, and no other", async (path) => {
    await Deno.writeTextFile(path, "log_level: ${TOKENIZE_LEVEL}\n");
    const env = { TOKENIZE_LEVEL: "debug", LEVEL: "debug" };
    assert.equal((await check(["--config", path], env)).code, 0);
    await Deno.writeTextFile(path, "log_level: ${LEVEL}\n");
    const { code, stderr } = await check(["--config", path], env);
    assert.equal(code, 2);
    assert.match(stderr, /:1:12: log_level: the program may not read the variable LEVEL: /);
  });

  test("each dataset is tokenized in the database that its URN names, and no other", async (path) => {
    await Deno.chmod(path, 0o644); // as a ConfigMap: the passwords are in variables
    await Deno.writeTextFile(
      path,
      `connections:
  - name: one
    platform: postgres
    connection_string: \${TOKENIZE_ONE}
  - name: other
    platform: postgres
    platform_instance: eu
    connection_string: \${TOKENIZE_OTHER}
`,
    );
    const env = { TOKENIZE_CONFIG: path, TOKENIZE_ONE: one.url, TOKENIZE_OTHER: other.url };
    await using service = await startService(program, env);
    const ready = await service.send("GET", "/readyz");
    assert.deepEqual(ready.json.platforms, { one: "reachable", other: "reachable" });

    const trigger = (name: string) =>
      service.trigger({ dataset_urn: urnOf(name), columns: ["email"] });
    const { status, json } = await trigger(`eu.${other.name}.public.customers`);
    assert.deepEqual([status, json.updated, json.platform], [200, 100, "postgres"]);
    const tokens = async ({ sql }: typeof one) =>
      (await sql`select count(*)::int as n from customers where email like 'tok!_%' escape '!'`)[0]!
        .n;
    assert.deepEqual([await tokens(one), await tokens(other)], [0, 100]);
    assert.equal((await trigger(`${one.name}.public.customers`)).json.updated, 100);

    for (const name of [`${other.name}.public.customers`, `us.${one.name}.public.customers`]) {
      const refused = await trigger(name);
      assert.deepEqual([refused.status, refused.json.code], [422, "wrong_database"], name);
      assert.match(
        refused.json.detail,
        /have: "one" \(database .*"other" \(platform instance eu, /,
      );
    }
  });
}
