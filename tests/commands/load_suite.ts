/** `tokenize serve` under overload: it queues up to a bound and then refuses, and /healthz responds. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { until } from "../../scripts/servers/until.ts";
import {
  type Program,
  type Service,
  type ServiceResponse,
  startService,
} from "../support/program.ts";

/** What docs/fine-print.md says of runs at once on one database, and each may read through a second connection. */
const MOST_RUNS = 8;
const MOST_CONNECTIONS = 2 * MOST_RUNS;

const MOST_WAITING = 4;
/** A run each, since a second run on the same table may be refused for the first. */
const TABLES = 48;

/** What must be true of any build of the program. */
export async function loadSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const environment = {
    PG_CONN_STR: database.url,
    PUSHDOWN: "false",
    LOG_LEVEL: "debug",
    PG_LOCK_TIMEOUT_MS: "60000", // a run that waits goes on waiting, however slow the machine is
  };
  const urn = (table: string) => urnOf(`${database.name}.public.${table}`);
  const makeTable = (table: string, rows: number) =>
    database.sql.unsafe(`drop table if exists ${table}; create table ${table} as
      select n, 'canary ' || n as v, repeat('x', 500) as rest from generate_series(1, ${rows}) n`);

  test("many simultaneous triggers run, wait or are refused, with a bounded number of connections", async () => {
    const tables = Array.from({ length: TABLES }, (_, i) => `loaded_${i}`);
    for (const table of tables) await makeTable(table, 100);
    const bounded = { ...environment, MAX_QUEUED_RUNS: String(MOST_WAITING) };
    await using service = await startService(program, bounded);
    await using holder = database.connect();
    await holder`begin`;
    for (const table of tables) {
      await holder.unsafe(`lock table ${table} in share row exclusive mode`);
    }
    const responses: ServiceResponse[] = [];
    const triggers = tables.map(async (table) => {
      responses.push(await service.trigger({ dataset_urn: urn(table), columns: ["v"] }));
    });
    const refused = TABLES - MOST_RUNS - MOST_WAITING;
    await until(async () => {
      assert.equal((await service.send("GET", "/healthz")).status, 200);
      const { length: connections } = await database.sessions();
      assert.ok(connections <= MOST_CONNECTIONS, `${connections} connections`);
      return responses.length >= refused;
    });
    for (const { status, json, headers } of responses) {
      assert.deepEqual([status, json.code], [409, "run_in_progress"]);
      assert.ok(Number(headers.get("retry-after")) > 0);
    }
    assert.equal(responses.length, refused, "a run that has a place or waits was refused");
    await holder`commit`;
    await Promise.all(triggers);
    const done = responses.slice(refused);
    for (const { status, json } of done) {
      assert.deepEqual([status, json.updated], [200, 100], JSON.stringify(json));
    }
    assert.equal(new Set(done.map(({ json }) => json.table)).size, MOST_RUNS + MOST_WAITING);
  });

  test("/healthz responds while a run is busy, and does not wait for its end", async () => {
    await makeTable("long", 80_000);
    await using service = await startService(program, environment);
    const run = service.trigger({ dataset_urn: urn("long"), columns: ["v", "rest"] });
    await service.logged("batch_written"); // one of more than forty
    assert.equal((await service.send("GET", "/healthz")).status, 200);
    const isOver = service.log().some(({ event }) => event === "run_finished");
    assert.equal(isOver, false, "the response came after the run");
    assert.equal((await run).json.updated, 80_000);
    const batches = service.log().filter(({ event }) => event === "batch_written").length;
    assert.ok(batches >= 40);
  });

  const head = "POST /trigger HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const beginnings = ["", "POST /tri", head, `${head}Content-Length: 100\r\n\r\n{"dataset_urn`];

  test("more silent connections than file descriptors do not keep others from a response", async () => {
    const limited: Program = {
      ...program,
      file: "bash",
      args: ["-c", 'ulimit -n 256 && exec "$0" "$@"', program.file, ...program.args],
    };
    await using service = await startService(limited, environment);
    const connections: Deno.TcpConn[] = [];
    try {
      for (let i = 0; i < 700; i++) {
        connections.push(await begin(service, beginnings[i % beginnings.length]!));
        if (i % 70 === 0) assert.equal((await service.send("GET", "/healthz")).status, 200);
      }
      await service.logged("connections_dropped");
      assert.equal((await service.send("GET", "/healthz")).status, 200);
    } finally {
      for (const connection of connections) connection.close();
    }
    const trigger = { dataset_urn: urn("customers"), columns: ["email"], dry_run: true };
    assert.equal((await service.trigger(trigger)).status, 200);
    assert.equal((await service.stop("SIGTERM")).code, 0);
  });

  test("bodies without their last byte take a bounded amount of memory", async () => {
    await using service = await startService(program, environment);
    assert.equal((await service.send("GET", "/openapi.json")).status, 200); // all of the API is loaded
    const before = await peakMemoryMb(service.pid);
    const body = " ".repeat(1024 * 1024 - 1);
    const unfinished = `${head}Content-Length: ${body.length + 1}\r\n\r\n${body}`;
    const connections = await Promise.all(
      Array.from({ length: 400 }, () => begin(service, unfinished)),
    );
    try {
      assert.equal((await service.send("GET", "/healthz")).status, 200);
      const taken = await peakMemoryMb(service.pid) - before;
      assert.ok(taken < 200, `${taken} MB for ${connections.length} bodies of a mebibyte`);
    } finally {
      for (const connection of connections) connection.close();
    }
  });

  test("hundreds of slow connections do not keep others from a response", async () => {
    await using service = await startService(program, environment);
    const connections = await Promise.all(
      Array.from({ length: 400 }, (_, i) => begin(service, beginnings[i % beginnings.length]!)),
    );
    try {
      for (let i = 0; i < 20; i++) {
        assert.equal((await service.send("GET", "/healthz")).status, 200);
        await Promise.all(connections.slice(i * 20, i * 20 + 20).map((each) => send(each, "x")));
      }
      const response = await service.trigger({
        dataset_urn: urn("customers"),
        columns: ["email"],
        dry_run: true,
      });
      assert.equal(response.status, 200);
      const { code } = await service.stop("SIGTERM");
      assert.equal(code, 0);
    } finally {
      for (const connection of connections) connection.close();
    }
  });
}

async function begin(service: Service, text: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: service.port });
  await send(connection, text);
  return connection;
}

/** Sends it, to who may have hung up. */
async function send(connection: Deno.TcpConn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  } catch {
    // hung up
  }
}

/** The most memory that a process ever held. 0 where the system does not say. */
async function peakMemoryMb(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024 / 1e6);
}
