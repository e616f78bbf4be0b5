/** run, trigger, smoke and healthcheck: what they do, what they print, and how they end. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import type { TestDatabase } from "../support/test_database.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import {
  parseLog,
  type Program,
  runProgram,
  spawnProgram,
  startService,
} from "../support/program.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What must be true of any build of the program. */
export async function jobsSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runProgram(program, args, env);
  const withDatabase = { PG_CONN_STR: database.url };
  const urn = (table: string) => urnOf(`${database.name}.public.${table}`);
  const dataset = (table: string, columns: string) => ["--urn", urn(table), "--columns", columns];

  test("run tokenizes a dataset: 100 rows updated; the second time 0, and 100 skipped", async () => {
    await copyCustomers(database, "run_once");
    const args = ["run", ...dataset("run_once", "email,phone")];
    const results = [];
    for (const more of [["--dry-run"], [], ["--json"]]) {
      const { code, stdout, stderr } = await run([...args, ...more], withDatabase);
      assert.equal(code, 0, stderr);
      const { run_id, elapsed_ms, residue, ...report } = JSON.parse(stdout);
      assert.match(run_id, UUID);
      assert.ok(elapsed_ms >= 0);
      assert.equal(residue !== undefined, report.updated > 0 && !report.dry_run);
      results.push(report);
    }
    const same = {
      dataset_urn: urn("run_once"),
      platform: "postgres",
      table: `${database.name}.public.run_once`,
      columns: ["email", "phone"],
      foreign: 0,
    };
    const dummy = { warnings: ["dummy_tokens"] };
    assert.deepEqual(results, [
      { ...same, dry_run: true, updated: 100, skipped: 0 },
      { ...same, dry_run: false, updated: 100, skipped: 0, method: "pushdown", ...dummy },
      { ...same, dry_run: false, updated: 0, skipped: 100, method: "pushdown", ...dummy },
    ]);
  });

  test("libpq's variables and files can say all about the database, several hosts included", async () => {
    const { hostname, port, username, password } = new URL(database.url);
    const dir = await Deno.makeTempDir();
    const closed = freePort();
    const write = (name: string, text: string) =>
      Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o600 });
    await write("services", `[app]\nuser=${username}\nport=${closed},${port}\n`);
    await write("pgpass", `${hostname}:${port}:*:*:${decodeURIComponent(password)}\n`);
    const env = {
      PG_CONN_STR: "postgres://",
      PGHOST: `${hostname},${hostname}`,
      PGDATABASE: database.name,
      PGSERVICE: "app",
      PGSERVICEFILE: `${dir}/services`,
      PGPASSFILE: `${dir}/pgpass`,
    };
    try {
      const { net } = JSON.parse((await run(["permissions"], env)).stdout);
      assert.deepEqual(net.slice(1), [
        { host: `${hostname}:${closed}`, why: "Postgres (PG_CONN_STR)" },
        { host: `${hostname}:${port}`, why: "Postgres (PG_CONN_STR)" },
      ]);
      const { code, stdout, stderr } = await run(
        ["run", ...dataset("customers", "email"), "--dry-run"],
        env,
      );
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).updated, 100);
      const { code: without } = await run(["run", ...dataset("customers", "email")], {
        ...env,
        PG_CONN_STR: "",
      });
      assert.equal(without, 2, "the variables alone do not turn Postgres on");
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });

  test("a failed run is exit code 1, a sentence for people and the problem as JSON", async () => {
    const { code, stdout, stderr } = await run(
      ["run", ...dataset("customers", "id")],
      withDatabase,
    );
    assert.equal(code, 1);
    const { run_id, ...problem } = JSON.parse(stdout);
    assert.match(run_id, UUID);
    assert.deepEqual([problem.status, problem.code], [422, "column_not_tokenizable"]);
    const last = stderr.trimEnd().split("\n").at(-1);
    assert.equal(last, `tokenize: ${problem.detail} (column_not_tokenizable)`);
  });

  test("a failed connection is named with its host, port, database and user, but only to the person who runs", async () => {
    const port = freePort();
    const url = `postgres://ada:canary@127.0.0.1:${port}/nowhere`;
    const args = ["run", ...dataset("customers", "email")];
    const { code, stdout, stderr } = await run(args, { PG_CONN_STR: url });
    assert.equal(code, 1);
    const { detail } = JSON.parse(stdout);
    assert.equal(
      stderr.trimEnd().split("\n").at(-1),
      `tokenize: ${detail}; the connection is to 127.0.0.1:${port}, database "nowhere", user "ada"; ` +
        "trying again may help (database_unreachable)",
    );
    assert.doesNotMatch(detail, /ada|nowhere/);
    const login = new URL(database.url);
    login.password = "canary";
    const refused = await run(args, { PG_CONN_STR: login.href });
    assert.match(
      refused.stderr,
      /the password \(SQLSTATE 28P01\); the connection is to .*, user "/,
    );
    assert.doesNotMatch(refused.stderr, /trying again/, "it would be refused again");
  });

  test("a failure that may pass says so", async () => {
    await copyCustomers(database, "locked");
    await using holder = database.connect();
    await holder`begin`;
    await holder`lock table locked`;
    const env = { ...withDatabase, PG_LOCK_TIMEOUT_MS: "50" };
    const { code, stderr } = await run(["run", ...dataset("locked", "email")], env);
    assert.equal(code, 1);
    assert.match(stderr, /; trying again may help \(lock_timeout\)\n$/);
  });

  test("run without a configured platform says which variable to set, with exit code 2", async () => {
    const { code, stderr } = await run(["run", ...dataset("customers", "email")]);
    assert.equal(code, 2);
    assert.match(stderr, /set PG_CONN_STR .*\(platform_not_configured\)\n$/);
  });

  test("a malformed URN, an unknown platform, a missing connection and a column named twice are wrong usage: exit code 2", async () => {
    await using service = await startService(program, withDatabase);
    const urnTypo = ["--urn", `${urn("customers")}x`, "--columns", "email"];
    const onPlatform = (platform: string) => {
      const urn = `urn:li:dataset:(urn:li:dataPlatform:${platform},a.b.c,PROD)`;
      return ["--urn", urn, "--columns", "email"];
    };
    const cases: readonly (readonly [readonly string[], string])[] = [
      [urnTypo, "invalid_urn"],
      [onPlatform("mysql"), "unsupported_platform"],
      [onPlatform("databricks"), "platform_not_configured"],
      [dataset("customers", "email,email"), "invalid_request"],
      [dataset("customers", "email,EMAIL"), "invalid_request"],
    ];
    for (const [args, problemCode] of cases) {
      for (const command of [["run"], ["trigger", "--url", service.url]]) {
        const { code, stdout } = await run([...command, ...args], withDatabase);
        assert.deepEqual([code, JSON.parse(stdout).code], [2, problemCode], command[0]);
      }
      const smoke = await run(["smoke", "--url", service.url, ...args]);
      assert.deepEqual([smoke.code, JSON.parse(smoke.stdout).runs.length], [2, 1], problemCode);
    }
  });

  test("what nobody could read is refused without the action, the question or the database", async () => {
    const typo = ["--urn", `${urn("customers")}x`, "--columns", "email"];
    const twice = dataset("customers", "email,phone,email");
    const commands = [
      ["run"],
      ["trigger"],
      ["smoke"],
      ["verify"],
      ["doctor"],
      ["rotate", "--from", "dummy"],
      ["restore"],
    ];
    const env = { PORT: String(freePort()), ALLOW_DETOKENIZE: "true" };
    await Promise.all(commands.map(async (command) => {
      for (const [args, code] of [[typo, "invalid_urn"], [twice, "invalid_request"]] as const) {
        const ended = await run([...command, ...args], env);
        assert.equal(ended.code, 2, `${command} ${ended.stderr}`);
        assert.match(ended.stderr, new RegExp(`^tokenize: .*Cannot read .* \\(${code}\\)\n$`));
      }
    }));
  });

  test("a failed run has one line on standard error, which is an object only if JSON was asked for", async () => {
    const commands = [["run"], ["verify"], ["rotate", "--from", "dummy"], ["restore"]];
    const env = { ...withDatabase, ALLOW_DETOKENIZE: "true", LOG_LEVEL: "error" };
    await Promise.all(commands.map(async (command) => {
      const args = [...command, ...dataset("no_such_table", "email")];
      const plain = await run(args, env);
      assert.match(plain.stderr, /^tokenize: Cannot find the table: .* \(table_not_found\)\n$/);
      const logged = await run(args, { ...env, LOG_FORMAT: "json" });
      const [line, ...more] = logged.stderr.trimEnd().split("\n").map((each) => JSON.parse(each));
      assert.deepEqual([line.code, more], ["table_not_found", []]);
      for (const { code, stdout } of [plain, logged]) {
        assert.deepEqual([code, JSON.parse(stdout).code], [1, "table_not_found"]);
      }
    }));
  });

  test("a shell is given the columns of text that the role may read, and says nothing if there are none", async () => {
    const reader = await database.createUser(
      "grant select (id, name, phone) on customers to $user",
    );
    const ask = (words: readonly string[], env: Readonly<Record<string, string>>) =>
      run(["complete-columns", "--", "run", ...words], env);
    const words = ["--urn", `"${urn("customers")}"`, "--columns", "name,"];
    const offered = await ask(words, { PG_CONN_STR: reader.url });
    assert.deepEqual([offered.code, offered.stdout, offered.stderr], [0, "name,phone\n", ""]);
    const outside = { ...withDatabase, ALLOWED_DATASETS: urn("other") };
    const away = { PG_CONN_STR: "postgres://ada@127.0.0.1:1/x" };
    const none: Readonly<Record<string, string>>[] = [{}, outside, away];
    for (const env of none) {
      const { stdout, code } = await ask(words, env);
      assert.deepEqual([code, stdout], [1, ""]);
    }
    assert.equal((await run(["--help"])).stdout.includes("complete-columns"), false);
  });

  test("--columns may be repeated, and blanks around names do not count", async () => {
    const args = [...dataset("customers", " email , phone"), "--columns", "name "];
    const { code, stdout, stderr } = await run(["run", ...args, "--dry-run"], withDatabase);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).columns, ["email", "phone", "name"]);
  });

  test("--urn takes the URL of the dataset's page in DataHub", async () => {
    const page = `https://datahub.example.com/dataset/${
      urn("customers")
    }/Columns?is_lineage_mode=false`;
    const args = ["run", "--urn", page, "--columns", "email", "--dry-run"];
    const { code, stdout, stderr } = await run(args, withDatabase);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).dataset_urn, urn("customers"));
  });

  test("a run that writes dummy tokens warns in the log, and no other run does", async () => {
    await copyCustomers(database, "warned");
    const args = ["run", ...dataset("warned", "email")];
    const warnings = async (
      more: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ) => {
      const { stdout, stderr } = await run([...args, ...more], { ...withDatabase, ...env });
      const lines = parseLog(stderr).filter(({ level }) => level === "WARN");
      return [lines.map(({ event }) => event), JSON.parse(stdout).warnings];
    };
    assert.deepEqual(await warnings(["--dry-run"]), [[], undefined]);
    assert.deepEqual(await warnings([]), [["dummy_tokens"], ["dummy_tokens"]]);
    const keyFile = await Deno.makeTempFile();
    await Deno.writeTextFile(keyFile, jwkSet(await sivJwk("s1")));
    const keyed = { TOKEN_SDK_MODE: "aes-siv", TOKEN_KEYS_FILE: keyFile };
    assert.deepEqual(await warnings([], keyed), [[], undefined]);
    await Deno.remove(keyFile);
  });

  test("run needs no port, so it works beside a service that listens on it", async () => {
    await using service = await startService(program, withDatabase);
    const env = { ...withDatabase, PORT: String(service.port) };
    const { code } = await run(["run", ...dataset("customers", "name"), "--dry-run"], env);
    assert.equal(code, 0);
  });

  test("trigger calls the action that HOST, PORT and TRIGGER_TOKEN name, or --url", async () => {
    await copyCustomers(database, "triggered");
    const token = { TRIGGER_TOKEN: `canary-${crypto.randomUUID()}` };
    await using service = await startService(program, { ...withDatabase, ...token });
    const args = ["trigger", ...dataset("triggered", "email")];
    const byPort = { ...token, PORT: String(service.port) };

    const dry = await run([...args, "--dry-run"], byPort);
    const first = await run(args, byPort);
    const second = await run([...args, "--url", `${service.url}/`], token);
    const counts = [dry, first, second].map(({ code, stdout }) => {
      const { dry_run, updated, skipped } = JSON.parse(stdout);
      return [code, dry_run, updated, skipped];
    });
    assert.deepEqual(counts, [[0, true, 100, 0], [0, false, 100, 0], [0, false, 0, 100]]);

    const stranger = await run(args, { PORT: String(service.port) });
    assert.deepEqual([stranger.code, JSON.parse(stranger.stdout).code], [1, "unauthorized"]);
  });

  test("trigger passes on a refusal of the action, with exit code 1", async () => {
    await using service = await startService(program, withDatabase);
    const { code, stdout, stderr } = await run([
      "trigger",
      ...dataset("no_such_table", "email"),
      "--url",
      service.url,
    ]);
    assert.deepEqual([code, JSON.parse(stdout).code], [1, "table_not_found"]);
    assert.match(stderr, /^tokenize: Cannot .* \(table_not_found\)\n$/);
  });

  test("smoke triggers each dataset twice, with exit code 0 if the second run updates nothing", async () => {
    await copyCustomers(database, "smoke_one");
    await copyCustomers(database, "smoke_two");
    await using service = await startService(program, withDatabase);
    const { code, stdout } = await run([
      "smoke",
      "--url",
      service.url,
      ...dataset("smoke_one", "email,phone"),
      ...dataset("smoke_two", "name"),
    ]);
    assert.equal(code, 0, stdout);
    const results = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    // deno-lint-ignore no-explicit-any
    const counts = results.map(({ runs }) => runs.map(({ report }: any) => report.updated));
    assert.deepEqual(counts, [[100, 0], [100, 0]]);
    assert.deepEqual(results.map((result) => result.dataset_urn), [
      urn("smoke_one"),
      urn("smoke_two"),
    ]);
  });

  test("smoke fails if a second run updates anything, and continues with the next dataset", async () => {
    await copyCustomers(database, "restless");
    await using service = await startService(program, withDatabase);
    let writing = true;
    const writer = (async () => {
      while (writing) await database.sql`insert into restless (email) values ('canary')`;
    })();
    const { code, stdout } = await run([
      "smoke",
      "--url",
      service.url,
      ...dataset("restless", "email"),
      ...dataset("no_such_table", "email"),
    ]).finally(() => writing = false);
    await writer;
    assert.equal(code, 1);
    const [restless, missing] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.match(restless.fault, /^the second run updated [1-9][\d,]* rows/);
    assert.match(missing.fault, /\(table_not_found\)$/);
  });

  test("healthcheck is exit code 0 if the action responds, and 1 if nothing does", async () => {
    const service = await startService(program);
    try {
      const up = await run(["healthcheck"], { PORT: String(service.port) });
      assert.deepEqual([up.code, up.stdout, up.stderr], [0, "", ""]);
    } finally {
      await service[Symbol.asyncDispose]();
    }
    const down = await run(["healthcheck", "--url", service.url]);
    assert.equal(down.code, 1);
    const triggered = await run(["trigger", ...dataset("t", "a"), "--url", service.url]);
    assert.deepEqual([triggered.code, triggered.stderr], [1, down.stderr]);
    assert.match(
      down.stderr,
      /^tokenize: Cannot reach the action at http:.*: nothing listens there: is it running\?\n$/,
    );
    const reasons = {
      "http://nohost.invalid": /: no address is known for its host\n$/,
      [`http://${new URL(database.url).host}`]: /: is it the action\?\n$/,
      [`https://${new URL(database.url).host}`]:
        /: what listens there does not answer in TLS: is it http:\/\/\?\n$/,
    };
    for (const [url, reason] of Object.entries(reasons)) {
      const { code, stderr } = await run(["healthcheck", "--url", url]);
      assert.equal(code, 1);
      assert.match(stderr, reason);
    }
  });

  test("healthcheck finds an action that listens on all addresses", async () => {
    await using service = await startService(program, { HOST: "0.0.0.0", ALLOW_ANONYMOUS: "true" });
    const env = { HOST: "0.0.0.0", PORT: String(service.port), ALLOW_ANONYMOUS: "true" };
    assert.equal((await run(["healthcheck"], env)).code, 0);
  });

  test("a server that is not the action is recognised as such", async () => {
    const command = { healthcheck: [], trigger: dataset("t", "a"), smoke: dataset("t", "a") };
    const cases: readonly (readonly [keyof typeof command, number, string])[] = [
      ["healthcheck", 200, "{}"],
      ["healthcheck", 200, "<html>"],
      ["healthcheck", 503, '{"status":"ok"}'],
      ["trigger", 200, "{}"],
      ["trigger", 200, "<html>"],
      ["trigger", 500, "null"],
      ["trigger", 404, '{"error":"not here"}'],
      ["smoke", 200, '{"updated":0}'],
    ];
    await Promise.all(cases.map(async ([name, status, body]) => {
      const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
      await using server = Deno.serve(options, async (request) => {
        await request.body?.cancel();
        return new Response(body, { status });
      });
      const url = `http://127.0.0.1:${server.addr.port}`;
      const { code, stdout, stderr } = await run([name, ...command[name], "--url", url]);
      assert.equal(code, 1, `${name}: ${status} ${body}`);
      assert.match(stdout + stderr, /but not as a healthy action does|is it the action\?/);
      assert.doesNotMatch(stdout + stderr, /undefined|defect/);
    }));
  });

  test("what an action says cannot control the terminal that it is printed on", async () => {
    const evil = "Cannot \n\x1b[2Jforged \u0085 \u2028 \u202e";
    const problem = { status: 404, title: evil, detail: evil, code: "table_not_found" };
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    await using server = Deno.serve(options, async (request) => {
      await request.body?.cancel();
      return Response.json(problem, { status: 404 });
    });
    const url = ["--url", `http://127.0.0.1:${server.addr.port}`];
    for (const command of ["trigger", "smoke"]) {
      const { code, stdout, stderr } = await run([command, ...dataset("t", "a"), ...url]);
      assert.equal(code, 1);
      assert.match(stdout + stderr, /forged/);
      const printed = (stdout + stderr).replaceAll("\n", "");
      assert.doesNotMatch(printed, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      assert.doesNotMatch(stdout + stderr, /^(?:\S*\[2J)?forged/m);
    }
  });

  test("a redirect is not followed out of the sandbox", async () => {
    const elsewhere = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let visits = 0;
    const counting = (async () => {
      for await (const connection of elsewhere) {
        visits++;
        connection.close();
      }
    })().catch(() => {});
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    await using server = Deno.serve(options, async (request) => {
      await request.body?.cancel();
      const location = `http://127.0.0.1:${elsewhere.addr.port}${new URL(request.url).pathname}`;
      return new Response(null, { status: 307, headers: { location } });
    });
    const url = ["--url", `http://127.0.0.1:${server.addr.port}`];
    const results = await Promise.all([
      run(["healthcheck", ...url]),
      run(["trigger", ...dataset("customers", "email"), ...url]),
    ]);
    assert.deepEqual(results.map(({ code }) => code), [1, 1]);
    elsewhere.close();
    await counting;
    assert.equal(visits, 0);
  });

  test("trigger and smoke end at once on a signal, and the run continues", async () => {
    await copyCustomers(database, "held");
    await using service = await startService(program, withDatabase);
    for (const command of ["trigger", "smoke"]) {
      await using holder = database.connect();
      await holder.begin(async (sql) => {
        await sql`select from held for update`;
        const args = [command, ...dataset("held", command === "smoke" ? "name" : "email")];
        await using waiting = spawnProgram(program, [...args, "--url", service.url], {});
        await database.untilBlocked();
        const { code, stdout } = await waiting.stop("SIGINT");
        assert.equal(code, 130);
        assert.match(stdout, /stopped waiting, the run goes on/);
      });
      await service.logged("run_finished");
    }
    const values = await database.valuesOf("held", "email", "email");
    assert.ok(values.every((value) => value?.startsWith("tok_")));
  });

  test("a port in use, or an address of another machine, is one clear line", async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ PORT: String(taken.addr.port) }, /HOST, PORT.*the port is in use/],
      [
        { HOST: "192.0.2.1", PORT: String(freePort()) },
        /HOST, PORT.*does not belong to this machine/,
      ],
      [
        { HOST: "no.such.host.invalid", PORT: String(freePort()) },
        /HOST, PORT.*cannot be resolved/,
      ],
    ];
    await Promise.all(wrong.map(async ([env, line]) => {
      const { code, stdout, stderr } = await run(["serve"], { ...env, ALLOW_ANONYMOUS: "true" });
      assert.deepEqual([code, stdout], [1, ""]);
      const errors = stderr.trimEnd().split("\n").map((each) => JSON.parse(each))
        .filter(({ level }) => level === "ERROR");
      assert.equal(errors.length, 1, stderr);
      assert.match(errors[0].message, line);
    }));
  });
}

/** A table like customers, for one test's own. */
async function copyCustomers({ sql }: TestDatabase, name: string): Promise<void> {
  await sql`create table ${sql(name)} as select name, email, phone from customers`;
}
