import assert from "node:assert/strict";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { openSql, type Sql } from "../../scripts/servers/postgres/sql.ts";
import { listProcesses } from "../../scripts/servers/processes.ts";
import {
  type PostgresServer,
  startPostgres,
} from "../../scripts/servers/postgres/postgres_server.ts";
import { until } from "../../scripts/servers/until.ts";
import { createTestDatabase } from "../support/test_database.ts";

Deno.test("a server keeps committed data through a kill and an immediate stop", async () => {
  await using server = await startPostgres({ durable: true });
  await query(server, "create table t (n int)");
  await query(server, "insert into t values (1)");
  await server.kill();
  assert.equal(await server.isRunning(), false);
  await server.start();
  await query(server, "insert into t values (2)");
  await server.restart("immediate");
  assert.deepEqual(await query(server, "select n from t order by n"), [{ n: 1 }, { n: 2 }]);
});

Deno.test("a server takes settings, and can require TLS", async () => {
  await using server = await startPostgres({ tls: "required", settings: { work_mem: "1MB" } });
  const encrypted = { sslmode: "require" };
  assert.deepEqual(await query(server, "show work_mem", encrypted), [{ work_mem: "1MB" }]);
  await assert.rejects(() => query(server, "select 1", { sslmode: "disable" }), /no encryption/);
  assert.match(await Deno.readTextFile(server.caFile as string), /BEGIN CERTIFICATE/);
});

Deno.test("the embedded server works without one on the system", async () => {
  await using server = await startPostgres({ source: "embedded" });
  assert.equal(server.source, "embedded");
  const [row] = await query(server, "show server_version_num");
  assert.equal(Math.floor(Number(row?.server_version_num) / 10_000), server.version);
});

Deno.test("a server and its data are removed when the process that started it is killed", async () => {
  const module = new URL("../../scripts/servers/postgres/postgres_server.ts", import.meta.url).href;
  const program = `
    import { startPostgres } from ${JSON.stringify(module)};
    console.log((await startPostgres()).dir);
    await new Promise((resolve) => setTimeout(resolve, 600_000));`;
  const cwd = dirname(fileURLToPath(import.meta.url));
  const args = ["eval", program];
  const child = new Deno.Command(Deno.execPath(), { args, cwd, stdout: "piped" }).spawn();
  const dir = await firstLine(child.stdout);
  const pid = Number.parseInt(await Deno.readTextFile(`${dir}/data/postmaster.pid`));
  child.kill("SIGKILL");
  await child.status;
  await until(async () => !await exists(dir));
  assert.ok((await listProcesses()).every((each) => each.pid !== pid));
});

Deno.test("test databases are independent clones, and can be made at the same time", async () => {
  const databases = await Promise.all([1, 2, 3].map(() => createTestDatabase({ customers: true })));
  const [first, second] = databases;
  assert.ok(first && second);
  await first.sql`delete from customers where id <= 40`;
  assert.deepEqual(await count(first.sql), 60);
  assert.deepEqual(await count(second.sql), 100);
  const user = await first.createUser("grant select (email) on customers to $user");
  const sql = openSql(user.url);
  assert.equal((await sql`select email from customers`).length, 60);
  await assert.rejects(() => sql`select name from customers`, { code: "42501" });
  await sql.end();
  await Promise.all(databases.map((database) => database.drop()));
  await using empty = await createTestDatabase();
  const left = await empty.sql`select datname from pg_database`;
  const dropped = databases.map((database) => database.name);
  assert.ok(left.every(({ datname }) => !dropped.includes(datname)));
  const [table] = await empty.sql`select to_regclass('public.customers') as name`;
  assert.equal(table?.name, null);
});

async function query(
  server: PostgresServer,
  text: string,
  parameters: Record<string, string> = {},
): Promise<Record<string, unknown>[]> {
  const sql = openSql(server.url("postgres", { parameters }));
  try {
    return [...await sql.unsafe(text)];
  } finally {
    await sql.end();
  }
}

async function count(sql: Sql): Promise<number> {
  const [row] = await sql`select count(*)::int as n from customers`;
  return row?.n;
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] as string;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
