/** Servers that stop, are in recovery, refuse or do not respond; and the exact statements of a run. */
import assert from "node:assert/strict";
import { ServiceError } from "../../../src/errors.ts";
import { freePort } from "../../../scripts/servers/free_port.ts";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { assertReport } from "../../support/assertions.ts";
import { testUnless } from "../../support/skipping.ts";
import { openAction, urnOf, useDatabase } from "../../support/action_fixture.ts";
import { connect, valuesOf } from "../../support/test_database.ts";
import { gatedSdk } from "../../support/gated_sdk.ts";

const database = await useDatabase({ customers: true });
const { createUser, untilBlocked } = database;

const server = await startPostgres({
  durable: true, // it is killed
  settings: { log_statement: "all", log_line_prefix: "%a|%x|" },
});
Deno.test.afterAll(() => server.remove());
{
  await using sql = connect(server.url());
  await sql.unsafe(`create table people (id int, name text);
    insert into people select n, 'canary ' || n from generate_series(1, 6000) n`);
}

for (const mode of ["immediate", "kill"] as const) {
  Deno.test(`a server that stops in the middle of a run (${mode}) has lost nothing`, async () => {
    const before = await namesOnServer();
    const gate = gatedSdk(2);
    await using action = openAction(server.url(), { tokenSdk: gate.sdk });
    const run = action.fails("database_unreachable", "public.people", ["name"]);
    await gate.reached;
    await (mode === "kill" ? server.kill() : server.stop("immediate"));
    gate.open();
    await run;
    await action.fails("database_unreachable", "public.people", ["name"]);
    await server.start();
    assert.deepEqual(await namesOnServer(), before);
    const look = await action.tokenize("public.people", ["name"], { dryRun: true });
    assertReport(look, { updated: 6000, skipped: 0 });
  });
}

Deno.test("a run is one transaction, and no statement of it contains a value", async () => {
  await using action = openAction(server.url());
  const said = await transcriptOf(() => action.tokenize("public.people", ["name"]));
  assert.match(said.at(0)!, /^SELECT pg_catalog\.pg_backend_pid\(\), /); // the connection's
  assert.match(said.at(1)!, /^BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE; SET LOCAL /);
  assert.equal(said.at(-1), "COMMIT");
  const between = said.slice(2, -1);
  assert.ok(between.filter((statement) => statement.startsWith("UPDATE ")).length > 2);
  const outlivesTransaction = /^(BEGIN|COMMIT|ROLLBACK|SET (?!LOCAL |CONSTRAINTS ))/;
  for (const statement of between) assert.doesNotMatch(statement, outlivesTransaction);

  const again = await transcriptOf(() => action.tokenize("public.people", ["name"]));
  assert.deepEqual(again.filter((statement) => statement.startsWith("UPDATE ")), []);
  assert.equal(again.at(-1), "COMMIT");

  const look = await transcriptOf(() =>
    action.tokenize("public.people", ["name"], { dryRun: true })
  );
  const begin = look.findIndex((statement) => statement.startsWith("BEGIN"));
  assert.match(look[begin]!, /^BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY; /);
  const writing = look.slice(begin + 1, -1)
    .filter((statement) => !/^\s*(WITH|SELECT|SET LOCAL)\b/.test(statement))
    .filter((statement) => !/^LOCK TABLE .* IN ACCESS SHARE MODE$/.test(statement));
  assert.deepEqual(writing, []);

  const failed = await transcriptOf(() =>
    action.fails("column_not_found", "public.people", ["missing"])
  );
  assert.equal(failed.at(-1), "ROLLBACK");
  assert.doesNotMatch(failed.join("\n"), /canary/);
});

Deno.test("partitions are updated by name, unless rows may move between them", async () => {
  {
    await using sql = connect(server.url());
    await sql.unsafe(`create table parted (id int, name text, kind text) partition by list (kind);
      create table parted_a partition of parted for values in ('a');
      create table parted_b partition of parted for values in ('b') partition by hash (id);
      create table parted_b_0 partition of parted_b for values with (modulus 1, remainder 0);
      create table parted_rest partition of parted default;
      insert into parted select n, 'canary', chr(97 + n % 3) from generate_series(1, 30) n`);
  }
  await using action = openAction(server.url());
  const targets = async (column: string) => {
    const said = await transcriptOf(() => action.tokenize("public.parted", [column]));
    const updates = said.filter((statement) => statement.startsWith("UPDATE "));
    return updates.map((statement) => /^UPDATE (.*?) t SET/.exec(statement)?.[1]).sort();
  };
  assert.deepEqual(await targets("name"), [
    'ONLY "public"."parted_a"',
    'ONLY "public"."parted_b_0"',
    'ONLY "public"."parted_rest"',
  ]);
  assert.deepEqual(await targets("kind"), ['"public"."parted"']);
});

Deno.test("a dry run works on a standby, and a run says why it does not", async () => {
  await using action = openAction(server.url());
  await Deno.writeTextFile(`${server.dir}/data/standby.signal`, "");
  await server.restart();
  try {
    const error = await action.fails("database_error", "public.people", ["name"]);
    assert.match(error.message, /is it a standby\?/);
    const look = await action.tokenize("public.people", ["name"], { dryRun: true });
    assert.equal(look.skipped + look.updated, 6000);
  } finally {
    await Deno.remove(`${server.dir}/data/standby.signal`);
    await server.restart("immediate");
  }
});

const SECRET = "canary-password";

Deno.test("a server that refuses the connection is unreachable, and the error has no secret", async () => {
  const role = await createUser("alter role $user connection limit 0");
  const noLogin = await createUser("alter role $user nologin");
  const here = new URL(database.url);
  const { host, pathname } = here;
  const closed = `127.0.0.1:${freePort()}`;
  const cases: Record<string, [url: string, reason: RegExp]> = {
    "nobody listens": [
      `postgres://u:${SECRET}@${closed}/db`,
      /at the host and port in PG_CONN_STR \(ECONNREFUSED\)$/,
    ],
    "an unknown host": [
      `postgres://u:${SECRET}@no.such.host.invalid/db`,
      /the host in PG_CONN_STR \(ENOTFOUND\)$/,
    ],
    "a wrong password": [
      `postgres://postgres:${SECRET}@${host}${pathname}`,
      /refused the user or the password \(SQLSTATE 28P01\)$/,
    ],
    "an unknown user": [`postgres://nobody:${SECRET}@${host}${pathname}`, /SQLSTATE 28/],
    "a user who may not log in": [noLogin.url, /may not log in.*\(SQLSTATE 28000\)$/],
    "an unknown database": [
      `${here.protocol}//${here.username}:${here.password}@${host}/missing`,
      /no database of that name \(SQLSTATE 3D000\)$/,
    ],
    "too many connections": [
      role.url,
      /no connection is left, .*role's own limit \(SQLSTATE 53300\)$/,
    ],
  };
  for (const [title, [url, reason]] of Object.entries(cases)) {
    await using action = openAction(url);
    const error = await action.fails("database_unreachable", "public.customers", ["email"]);
    assert.match(error.message, reason, title);
    assert.ok(!JSON.stringify(error).includes(SECRET));
  }
});

Deno.test("a server that closes the connection at once is tried once", async () => {
  let connections = 0;
  await using door = listen((connection) => {
    connections++;
    connection.close();
  });
  await using action = openAction(door.url);
  await action.fails("database_unreachable", "public.customers", ["email"]);
  assert.equal(connections, 1);
});

Deno.test("a server that closes the connection after the first message is tried once", async () => {
  let connections = 0;
  await using door = listen(async (connection) => {
    connections++;
    await connection.read(new Uint8Array(1000));
    connection.close();
  });
  await using action = openAction(`${door.url}?sslmode=disable`);
  await action.fails("database_unreachable", "public.customers", ["email"]);
  assert.equal(connections, 1);
});

Deno.test("a server that never responds fails the run after connect_timeout", async () => {
  await using door = listen(() => {});
  await Promise.all(["disable", "prefer", "verify-full"].map(async (sslmode) => {
    await using action = openAction(`${door.url}?connect_timeout=1&sslmode=${sslmode}`);
    const error = await action.fails("database_unreachable", "public.customers", ["email"]);
    assert.match(error.message, /^Cannot connect to Postgres: no response within 1 s$/);
  }));
});

Deno.test("a server that speaks another protocol is unreachable", async () => {
  await using door = listen(async (connection) => {
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    connection.close();
  });
  await using action = openAction(door.url);
  await action.fails("database_unreachable", "public.customers", ["email"]);
});

Deno.test("a run stopped while it connects ends at once", async () => {
  const knocked = Promise.withResolvers<void>();
  await using door = listen(() => knocked.resolve());
  await using action = openAction(door.url);
  const end = new AbortController();
  const run = action.tokenizeUrn(urnOf("db.public.customers"), ["email"], { signal: end.signal });
  const failed = assert.rejects(run, { message: "ended by the test; nothing was changed" });
  await knocked.promise;
  end.abort(new ServiceError("shutting_down", "ended by the test"));
  await failed;
});

Deno.test("a run stops even if the server accepts no cancel request", async () => {
  const upstream = new URL(database.url);
  let connections = 0;
  await using door = listen(async (connection) => {
    if (++connections > 1) return connection.close();
    const server = await Deno.connect({ hostname: "127.0.0.1", port: Number(upstream.port) });
    await Promise.allSettled([
      connection.readable.pipeTo(server.writable),
      server.readable.pipeTo(connection.writable),
    ]);
  });
  const url = new URL(database.url);
  url.port = new URL(door.url).port;
  await using other = database.connect();
  await other`begin`;
  await other`lock table customers in access exclusive mode`;
  await using action = openAction(url.href, { lockTimeoutMs: 600_000 });
  const end = new AbortController();
  const run = action.fails("shutting_down", "public.customers", ["name"], { signal: end.signal });
  await untilBlocked();
  end.abort(new ServiceError("shutting_down", "Cannot finish the run: the test ends it"));
  await run;
  assert.equal(connections, 2);
});

testUnless(
  hasIpv6() ? undefined : "no IPv6",
  "a host may be an IPv6 address",
  async () => {
    await using six = await startPostgres({
      settings: { listen_addresses: "127.0.0.1,::1" },
      accessRules: ["host all all all scram-sha-256"],
    });
    const url = six.url("postgres", { host: "[::1]" });
    {
      await using sql = connect(six.url());
      await sql`create table people (id int, name text)`;
    }
    await using action = openAction(url);
    assert.equal((await action.tokenize("public.people", ["name"])).updated, 0);
  },
);

/** What resets the session after a run, which may be logged before or after the run is reported. */
const RESETS = /^(RESET|CLOSE ALL|UNLISTEN|DISCARD)\b|pg_advisory_unlock_all/;

/** Every statement that the action sends during `work`, in order, from the server's log. */
async function transcriptOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = (await server.log()).length;
  await work();
  const lines = (await server.log()).slice(before);
  // a statement's further lines begin with a tab
  const entries = lines.split(/\n(?!\t)/).filter((entry) => entry.startsWith("tokenize-action|"));
  return entries.flatMap((entry) => {
    const found = /LOG: {2}(?:statement|execute [^:]+): ([\s\S]*)/.exec(entry);
    const statement = found?.[1]?.replaceAll("\n\t", "\n").trim();
    return statement === undefined || RESETS.test(statement) ? [] : [statement];
  });
}

async function namesOnServer(): Promise<(string | null)[]> {
  await using sql = connect(server.url());
  return await valuesOf(sql, "people", "name");
}

/** A server on this machine that is not Postgres. */
function listen(serve: (connection: Deno.TcpConn) => void | Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.TcpConn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      void Promise.resolve(serve(connection)).catch(() => {});
    }
  })();
  return {
    url: `postgres://user:${SECRET}@127.0.0.1:${listener.addr.port}/db`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const connection of connections) {
        try {
          connection.close();
        } catch { /* closed already */ }
      }
    },
  };
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
