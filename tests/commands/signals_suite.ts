/** SIGTERM and SIGINT: runs in progress finish or are rolled back, and the program ends in time. */
import assert from "node:assert/strict";
import { jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import type { TestDatabase } from "../support/test_database.ts";
import { startFreezingProxy } from "../support/freezing_proxy.ts";
import {
  forceEnd,
  type Program,
  type Service,
  type ServiceResponse,
  spawnProgram,
  startService,
} from "../support/program.ts";

/** What must be true of any build of the program. Some of it takes as long as the grace period. */
export async function signalsSuite(program: Program, withSlow: boolean): Promise<void> {
  const database = await useDatabase({ customers: true });
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const slowTest = (title: string, body: () => Promise<void>) =>
    void (withSlow && test(title, body));
  const env = { PG_CONN_STR: database.url, PG_LOCK_TIMEOUT_MS: "60000" };
  const dir = await Deno.makeTempDir();
  Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));
  const keyFile = `${dir}/keys.json`;
  await Deno.writeTextFile(keyFile, jwkSet(await sivJwk("s1")), { mode: 0o600 });
  const keyed = { ...env, TOKEN_SDK_MODE: "aes-siv", TOKEN_KEYS_FILE: keyFile };
  const dataset_urn = urnOf(`${database.name}.public.customers`);

  /** Triggers while another session holds a row, and does `meanwhile` once the run waits for it. */
  async function heldRun(
    service: Service,
    meanwhile: (response: Promise<ServiceResponse>, release: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    await using holder = database.connect();
    await holder`begin`;
    await holder`select from customers where id = 50 for update`;
    const response = service.trigger({ dataset_urn, columns: ["email"] });
    await database.untilBlocked();
    await meanwhile(response, async () => void await holder`commit`);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`an idle service ends on ${signal} with exit code 0`, async () => {
      await using service = await startService(program, env);
      const { code } = await service.stop(signal);
      assert.equal(code, 0);
      const events = service.log().map(({ event }) => event);
      assert.deepEqual(events.slice(-2), ["stopping", "stopped"]);
    });
  }

  test("after SIGTERM a service lets its run finish, and refuses new ones", async () => {
    await resetCustomers(database);
    await using service = await startService(program, env);
    await heldRun(service, async (response, release) => {
      Deno.kill(service.pid, "SIGTERM");
      const { runs } = await service.logged("stopping");
      assert.equal(runs, 1);

      const refused = await service.trigger({ dataset_urn, columns: ["phone"] });
      assert.deepEqual([refused.status, refused.json.code], [503, "shutting_down"]);
      assert.equal(refused.json.run_id, undefined);
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
      assert.equal((await service.send("GET", "/healthz")).status, 200);

      await release();
      const { status, json } = await response;
      assert.deepEqual([status, json.updated, json.skipped], [200, 100, 0]);
      assert.equal((await service.ended).code, 0);
    });
    assert.equal(await tokensIn(database), 100);
  });

  slowTest(
    "a run that does not finish in time is rolled back, and its caller gets an error",
    async () => {
      await resetCustomers(database);
      await using service = await startService(program, env);
      await heldRun(service, async (response) => {
        Deno.kill(service.pid, "SIGTERM");
        const { status, json } = await response;
        assert.deepEqual([status, json.code], [503, "shutting_down"]);
        assert.match(json.run_id, /^[0-9a-f-]{36}$/);
        assert.equal((await service.ended).code, 0);
      });
      assert.equal(await tokensIn(database), 0);
      const outcome = service.log().find(({ event }) => event === "run_failed");
      assert.equal(outcome?.code, "shutting_down");
    },
  );

  test("a further signal ends a service at once, which says so; the database rolls back", async () => {
    await resetCustomers(database);
    await using service = await startService(program, env);
    await heldRun(service, async (response) => {
      const lost = assert.rejects(response);
      assert.equal((await forceEnd(service, "SIGTERM", "SIGINT")).code, 130);
      assert.deepEqual(service.log().at(-1)?.event, "forced_end");
      await lost;
    });
    assert.equal(await tokensIn(database), 0);
  });

  test("an unfinished request does not keep a service from ending", async () => {
    await using service = await startService(program, env);
    using caller = await Deno.connect({ hostname: "127.0.0.1", port: service.port });
    const head = "POST /trigger HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    await caller.write(new TextEncoder().encode(`${head}Content-Length: 100\r\n\r\n{`));
    using silent = await Deno.connect({ hostname: "127.0.0.1", port: service.port });
    assert.equal((await service.send("GET", "/healthz")).status, 200); // both were accepted by now
    assert.equal((await service.stop("SIGTERM")).code, 0);
    assert.ok(silent);
  });

  for (const [signal, exitCode] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
    test(`run is rolled back at once on ${signal}, with exit code ${exitCode}`, async () => {
      await resetCustomers(database);
      await using holder = database.connect();
      await holder`begin`;
      await holder`select from customers where id = 50 for update`;
      const args = ["run", "--urn", dataset_urn, "--columns", "email,phone"];
      await using running = spawnProgram(program, args, env);
      await database.untilBlocked();
      const { code, stdout, stderr } = await running.stop(signal);
      assert.equal(code, exitCode);
      assert.equal(JSON.parse(stdout).code, "shutting_down");
      const said = `Cannot finish the run: ${signal} was received; nothing was changed`;
      assert.ok(stderr.endsWith(`tokenize: ${said} (shutting_down)\n`), stderr);
      await holder`commit`;
      assert.equal(await tokensIn(database), 0);
    });
  }

  for (const command of ["run", "rotate"] as const) {
    test(`${command} in batches says on a signal how many rows are committed and are left`, async () => {
      const { sql } = database;
      const table = `stopped_${command}`;
      const old = command === "run" ? "'canary' || n" : dummyTokenSql("'canary' || n");
      await sql.unsafe(`create table ${table} as select n as id, ${old} as email
        from generate_series(1, 40000) n`);
      await using holder = database.connect();
      await holder`begin`;
      await holder`select from ${holder(table)} where id = 40000 for update`;
      const dataset = ["--urn", urnOf(`${database.name}.public.${table}`), "--columns", "email"];
      const batches = ["--commit", "batches", "--connections", "1"];
      const from = command === "rotate" ? ["--from", "dummy"] : [];
      const args = [command, ...dataset, ...batches, ...from];
      await using running = spawnProgram(program, args, command === "run" ? env : keyed);
      await database.untilBlocked();
      const { code, stderr } = await running.stop("SIGINT");
      assert.equal(code, 130);
      const said = /was received; ([\d,]+) rows were committed before, ([\d,]+) are left, run again/
        .exec(stderr) ?? assert.fail(stderr);
      const [committed, left] = said.slice(1).map((each) => Number(each.replaceAll(",", "")));
      assert.ok(committed! > 0 && left! > 0, stderr);
      assert.equal(committed! + left!, 40_000);
      const [row] = await sql.unsafe(`select count(*) as rest from ${table}
        where email = ${command === "run" ? "'canary' || id" : dummyTokenSql("'canary' || id")}`);
      assert.equal(Number(row!.rest), left);
      await holder`commit`;
    });
  }

  test("a signal right after the first one does not keep run from saying how it ended", async () => {
    await resetCustomers(database);
    await using holder = database.connect();
    await holder`begin`;
    await holder`select from customers where id = 50 for update`;
    const args = ["run", "--urn", dataset_urn, "--columns", "email"];
    await using running = spawnProgram(program, args, env);
    await database.untilBlocked();
    Deno.kill(running.pid, "SIGTERM");
    Deno.kill(running.pid, "SIGINT"); // two that are the same might arrive as one
    const { code, stdout, stderr } = await running.ended;
    assert.ok(code === 143 || code === 130, `exit code ${code}`); // they arrive in any order
    assert.equal(JSON.parse(stdout).code, "shutting_down");
    assert.match(stderr, /^tokenize: Cannot finish the run: .* \(shutting_down\)$/m);
  });

  slowTest("a database that no longer responds does not keep run from ending", async () => {
    const url = new URL(database.url);
    using proxy = startFreezingProxy({ hostname: url.hostname, port: Number(url.port) });
    url.host = `127.0.0.1:${proxy.port}`;
    await using holder = database.connect();
    await holder`begin`;
    await holder`select from customers where id = 50 for update`;
    const args = ["run", "--urn", dataset_urn, "--columns", "email"];
    await using running = spawnProgram(program, args, { ...env, PG_CONN_STR: url.href });
    await database.untilBlocked();
    proxy.freeze();
    const { code, stdout } = await running.stop("SIGTERM");
    assert.deepEqual([code, JSON.parse(stdout).code], [143, "shutting_down"]);
    await holder`commit`;
  });
}

/** The SQL of the dummy token of a short value. */
function dummyTokenSql(value: string): string {
  return `'tok_' || encode(convert_to(${value}, 'UTF8'), 'base64') || '_poc'`;
}

async function resetCustomers({ sql }: TestDatabase): Promise<void> {
  await sql`update customers set email = 'canary' || id || '@example.com'`;
}

async function tokensIn(database: TestDatabase): Promise<number> {
  const emails = await database.valuesOf("customers", "email");
  return emails.filter((email) => email?.startsWith("tok_")).length;
}
