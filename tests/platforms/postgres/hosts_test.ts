/** Several hosts: which of them is connected to, as libpq chooses. Two servers, one of them a standby. */
import assert from "node:assert/strict";
import { machineSource } from "../../../scripts/servers/test_keys.ts";
import { until } from "../../../scripts/servers/until.ts";
import { freePort } from "../../../scripts/servers/free_port.ts";
import {
  type PostgresServer,
  startPostgres,
} from "../../../scripts/servers/postgres/postgres_server.ts";
import { Connector } from "../../../src/platforms/postgres/connection/connector.ts";
import type { Session } from "../../../src/platforms/postgres/connection/session.ts";
import { RunSessions } from "../../../src/platforms/postgres/connection/run_sessions.ts";
import { SessionPool } from "../../../src/platforms/postgres/connection/session_pool.ts";
import {
  parsePostgresSettings,
  type PostgresSettings,
} from "../../../src/platforms/postgres/connection/settings.ts";
import { ServiceError } from "../../../src/errors.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import { assertFails } from "../../support/assertions.ts";
import { openAction, tokenOf } from "../../support/action_fixture.ts";
import { connect, valuesOf } from "../../support/test_database.ts";

const primary = await startPostgres({ tls: "optional" });
Deno.test.afterAll(() => primary.remove());
const standby = await startPostgres();
Deno.test.afterAll(() => standby.remove());
for (const server of [primary, standby]) {
  await using sql = connect(server.url());
  await sql.unsafe(`create table people (id int, name text); insert into people values (1, 'Ada')`);
}
await Deno.writeTextFile(`${standby.dir}/data/standby.signal`, "");
await standby.restart();

/** A connection string with these servers or ports. */
function urlOf(servers: readonly (PostgresServer | number)[], parameters = ""): string {
  const hosts = servers.map((each) => `127.0.0.1:${typeof each === "number" ? each : each.port}`);
  return `postgres://postgres:postgres@${hosts}/postgres?${parameters}`;
}

function settingsOf(connectionString: string): PostgresSettings {
  return parsePostgresSettings(connectionString, settingsReader(machineSource({})));
}

function connectorOf(connectionString: string): Connector {
  return new Connector(settingsOf(connectionString));
}

const never = () => new AbortController().signal;

async function portOf(session: Session): Promise<number> {
  const { rows } = await session.query<[string]>("test", "select current_setting('port')");
  return Number(rows[0]![0]);
}

/** The port of the server that is chosen. */
async function chosen(connectionString: string): Promise<number> {
  const session = await connectorOf(connectionString).open(never(), () => {});
  try {
    return await portOf(session);
  } finally {
    await session.close();
  }
}

async function refused(connectionString: string): Promise<string> {
  const open = connectorOf(connectionString).open(never(), () => {});
  return (await assertFails("database_unreachable", open)).message;
}

Deno.test("a run goes to the host that is writable, wherever it stands in the list", async () => {
  await using action = openAction(urlOf([standby, primary]));
  assert.equal((await action.tokenize("public.people", ["name"])).updated, 1);
  await using sql = connect(primary.url());
  assert.deepEqual(await valuesOf(sql, "people", "name"), [tokenOf("Ada")]);
});

const CHOICES: Readonly<Record<string, [first: PostgresServer, second: PostgresServer]>> = {
  "read-write": [primary, primary],
  primary: [primary, primary],
  standby: [standby, standby],
  "prefer-standby": [standby, standby],
  "read-only": [standby, standby],
  any: [standby, primary],
};
for (const [attrs, expected] of Object.entries(CHOICES)) {
  Deno.test(`target_session_attrs=${attrs} chooses among a standby and a primary`, async () => {
    const wish = `target_session_attrs=${attrs}`;
    assert.equal(await chosen(urlOf([standby, primary], wish)), expected[0].port);
    assert.equal(await chosen(urlOf([primary, standby], wish)), expected[1].port);
  });
}

Deno.test("a primary whose sessions are read-only is read-only", async () => {
  const options = "options=-c%20default_transaction_read_only%3Don&target_session_attrs=";
  assert.equal(await chosen(urlOf([primary], `${options}read-only`)), primary.port);
  assert.equal(await chosen(urlOf([primary], `${options}primary`)), primary.port);
  assert.match(
    await refused(urlOf([primary], `${options}read-write`)),
    /^Cannot connect to Postgres: the server is read-only, and target_session_attrs is read-write$/,
  );
});

Deno.test("prefer-standby takes a primary if there is no standby", async () => {
  const closed = freePort();
  const url = urlOf([closed, primary], "target_session_attrs=prefer-standby");
  assert.equal(await chosen(url), primary.port);
});

Deno.test("if no host is writable, the error says what each is", async () => {
  const message = await refused(urlOf([standby, freePort()]));
  assert.match(
    message,
    /no host will do for target_session_attrs=read-write \(host 1: the server is/,
  );
  assert.match(message, /a standby.*; host 2: nothing accepts connections .*\(ECONNREFUSED\)\)$/);
});

Deno.test("a host that is closed, silent, unknown or starting up is passed over", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = urlOf([freePort(), silent.addr.port, primary], "connect_timeout=1");
  assert.equal(await chosen(url), primary.port);
  const unknown = urlOf([primary]).replace("@", `@no.such.host.invalid:5432,`);
  assert.equal(await chosen(unknown), primary.port);
  using starting = cannotConnectNow();
  assert.equal(await chosen(urlOf([starting.port, primary], "sslmode=disable")), primary.port);
});

Deno.test("a host that refuses the password ends the search, as in libpq", async () => {
  const url = urlOf([primary, standby], "target_session_attrs=any").replace(":postgres@", ":no@");
  assert.match(await refused(url), /refused the user or the password \(SQLSTATE 28P01\)$/);
});

Deno.test("a host whose certificate is not accepted ends the search", async () => {
  const url = urlOf([primary, standby], "sslmode=verify-full");
  assert.match(await refused(url), /certificate is not signed by a CA/);
});

Deno.test("load_balance_hosts=random begins with either host", async () => {
  const url = urlOf([primary, standby], "target_session_attrs=any&load_balance_hosts=random");
  const ports = new Set<number>();
  for (let tries = 0; ports.size < 2; tries++) {
    assert.ok(tries < 100, "always the same");
    ports.add(await chosen(url));
  }
});

Deno.test("all sessions of a run are on one server, whichever others idle", async () => {
  const url = urlOf([primary, standby], "target_session_attrs=any&load_balance_hosts=random");
  const pool = new SessionPool(settingsOf(url));
  const chosen = new Set<number>();
  for (let runs = 0; runs < 5 || chosen.size < 2; runs++) {
    assert.ok(runs < 100, "always the same");
    const sessions = new RunSessions(pool);
    const taken = [await sessions.acquire(never())];
    for (let i = 0; i < 2; i++) {
      taken.push(...await Promise.all([sessions.acquire(never()), sessions.acquire(never())]));
    }
    const ports = await Promise.all(taken.map(portOf));
    assert.equal(new Set(ports).size, 1, ports.join());
    chosen.add(ports[0]!);
    for (const session of taken) {
      if (runs % 2 === 0) await session.close(); // so that the next run chooses again
      sessions.release(session);
    }
  }
  await pool.close();
});

Deno.test("a name that leads to another server each time is refused to a run", async () => {
  using name = relayInTurn([primary.port, standby.port]);
  const pool = new SessionPool(settingsOf(urlOf([name.port])));
  const sessions = new RunSessions(pool);
  const session = await sessions.acquire(never());
  const error = await assertFails("database_unreachable", sessions.acquire(never()));
  assert.match(error.message, /leads to several servers, and a run needs one: name it$/);
  sessions.release(session);
  await pool.close();
});

Deno.test("once the server is lost, the next session goes to another", async () => {
  await using first = await startPostgres();
  const connector = connectorOf(urlOf([first, primary]));
  const session = await connector.open(never(), () => {});
  assert.equal(await portOf(session), first.port);
  await first.stop("immediate");
  await assert.rejects(session.query("test", "select 1"));
  const next = await connector.open(never(), () => {});
  assert.equal(await portOf(next), primary.port);
  await next.close();
});

Deno.test("after a failover the next run goes to the new primary", async () => {
  await using first = await startPostgres();
  await using second = await startPostgres();
  for (const server of [first, second]) {
    await using sql = connect(server.url());
    await sql.unsafe("create table people as select 1 as id, 'Ada' as name");
  }
  await Deno.writeTextFile(`${second.dir}/data/standby.signal`, "");
  await second.restart();
  await using action = openAction(urlOf([first, second]));
  assert.equal((await action.tokenize("public.people", ["name"])).updated, 1);
  await first.stop("immediate");
  const error = await action.fails("database_unreachable", "public.people", ["name"]);
  assert.match(error.message, /host 1: nothing accepts .*; host 2: the server is a standby/);
  await using sql = connect(second.url());
  await sql.unsafe("select pg_promote()");
  assert.equal((await action.tokenize("public.people", ["name"])).updated, 1);
  assert.deepEqual(await valuesOf(sql, "people", "name"), [tokenOf("Ada")]);
});

Deno.test("a statement is cancelled on the server that it runs on", async () => {
  await using other = connect(primary.url());
  await using watcher = connect(primary.url()); // within a transaction the activity stands still
  await other.unsafe("begin; lock table people in access exclusive mode");
  await using action = openAction(urlOf([standby, primary]), { lockTimeoutMs: 600_000 });
  const end = new AbortController();
  const run = action.fails("shutting_down", "public.people", ["name"], { signal: end.signal });
  const waiting = async () =>
    (await watcher.unsafe(`select from pg_stat_activity
      where application_name = 'tokenize-action' and wait_event_type = 'Lock'`)).length;
  await until(async () => await waiting() === 1);
  end.abort(new ServiceError("shutting_down", "Cannot finish the run: the test ends it"));
  await run;
  await until(async () => await waiting() === 0);
});

Deno.test("hostaddr is where to connect, and host is what the certificate is for", async () => {
  const parameters = (host: string) =>
    `host=${host} hostaddr=127.0.0.1 port=${primary.port} user=postgres password=postgres ` +
    `sslmode=verify-full sslrootcert='${primary.caFile}'`;
  assert.equal(await chosen(parameters("localhost")), primary.port);
  assert.match(await refused(parameters("db.invalid")), /certificate is for another host/);
  const unverified = parameters("db.invalid").replace("verify-full", "verify-ca");
  assert.equal(await chosen(unverified), primary.port);
});

Deno.test("each host has its own password in the password file", async () => {
  const file = await Deno.makeTempFile();
  const line = (server: PostgresServer, password: string) =>
    `127.0.0.1:${server.port}:*:postgres:${password}\n`;
  await Deno.writeTextFile(file, line(standby, "postgres") + line(primary, "wrong"));
  const url = urlOf([standby, primary], `passfile=${file}&target_session_attrs=any`)
    .replace(":postgres@", "@");
  try {
    assert.equal(await chosen(url), standby.port);
    const other = url.replace("target_session_attrs=any", "target_session_attrs=primary");
    assert.match(await refused(other), /refused the user or the password/);
  } finally {
    await Deno.remove(file);
  }
});

/** A server that is starting up: it says so to whoever connects. */
function cannotConnectNow() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const fields = ["SFATAL", "VFATAL", "C57P03", "Mcanary", ""].join("\0") + "\0";
  const body = new TextEncoder().encode(fields);
  const message = Uint8Array.of(69, 0, 0, 0, body.length + 4, ...body);
  (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(1000));
      await connection.write(message);
      connection.close();
    }
  })().catch(() => {}); // it is closed
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

/** A host that leads to each of these ports in turn, as a name with several addresses may. */
function relayInTurn(ports: readonly number[]) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let count = 0;
  (async () => {
    for await (const connection of listener) {
      const server = await Deno.connect({ port: ports[count++ % ports.length]! });
      void Promise.allSettled([
        connection.readable.pipeTo(server.writable),
        server.readable.pipeTo(connection.writable),
      ]);
    }
  })().catch(() => {}); // it is closed
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}
