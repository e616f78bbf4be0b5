/**
 * Databases for tests, each made for one test file or one test and dropped afterwards:
 *
 *     await using database = await createTestDatabase({ customers: true });
 *     await database.sql`select count(*) from customers`;  // as the superuser
 *     const clerk = await database.createUser("grant select (email) on customers to $user");
 *     clerk.url;                                           // for PG_CONN_STR
 *
 * They are on the server of TEST_PG_URL, as its superuser. `make test` starts that server; where the
 * variable is unset, each test file starts a server of its own.
 */
import assert from "node:assert/strict";
import { openSql, type Sql } from "../../scripts/servers/postgres/sql.ts";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { until } from "../../scripts/servers/until.ts";

/** The connection URL of the server's superuser, to no database in particular. */
export const testServerUrl = Deno.env.get("TEST_PG_URL") ?? (await startPostgres()).url();

/** The database that new ones are cloned from. Nobody connects to it, or it could not be cloned. */
const TEMPLATE = "tokenize_test_template";

/** Which database to make. */
export interface TestDatabaseOptions {
  /** True: with the table `customers` and its 100 rows. */
  readonly customers?: boolean;
  /** Its name, if that matters; it must not exist. Otherwise it is random: `test_1f3a…`. */
  readonly name?: string;
  /** The encoding of an empty one, if it is not to be the server's, which is UTF-8. */
  readonly encoding?: string;
}

/** A user of a test's database. */
export interface TestUser {
  readonly name: string;
  /** The connection URL of the database, as this user. */
  readonly url: string;
}

/** A session on a database. */
export interface Session {
  readonly pid: number;
  readonly state: string;
  readonly query: string;
  readonly wait_event_type: string | null;
  readonly wait_event: string | null;
}

/** The `application_name` of the action's own sessions, which the methods below take by default. */
const ACTION = "tokenize-action";

/** A database that belongs to one test or one test file. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** Its connection URL, as the superuser. */
  readonly url: string;
  /** The major version of its server. */
  readonly serverVersion: number;
  /** One connection to it, as the superuser, open already. */
  readonly sql: Sql;
  /** One more connection, to hold a lock or a transaction open. */
  connect(): Sql;
  /** Makes a role that may log in, and runs `grants`, in which `$user` is its name. */
  createUser(...grants: string[]): Promise<TestUser>;

  /** A column's values as text, in the order of `order`, or of the column `id`. */
  valuesOf(table: string, column: string, order?: string): Promise<(string | null)[]>;
  /** Every row's place, version and contents: equal before and after if nothing was written. */
  rowVersions(table: string): Promise<unknown[]>;
  /** Does `work`, which must write no row version in `table`. */
  assertUnchanged<T>(table: string, work: () => Promise<T>): Promise<T>;

  /** The sessions of that application. */
  sessions(applicationName?: string): Promise<Session[]>;
  /** Resolves once a session of that application waits for a lock. */
  untilBlocked(applicationName?: string): Promise<void>;
  /** Ends the action's sessions, as an administrator would. */
  terminateSessions(): Promise<void>;

  /** Disconnects everybody, and drops it and its users. */
  drop(): Promise<void>;
}

/** Makes an empty database, or one with 100 customers. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { customers = false, encoding, name = randomName("test") } = options;
  const sqlName = `"${name.replaceAll('"', '""')}"`;
  await asAdministrator(async (admin) => {
    if (customers) await makeTemplateOnce(admin);
    const source = customers ? TEMPLATE : "template0";
    const how = encoding === undefined ? "" : `encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`;
    await admin.unsafe(`create database ${sqlName} template ${source} ${how}`);
  });
  // Opened here and not by the first test that needs it, which would be blamed for a leak.
  const sql = connect(urlOf(name));
  const [server] = await sql`select current_setting('server_version_num')::int as number`;
  const users: string[] = [];

  const createUser: TestDatabase["createUser"] = async (...grants) => {
    const user = randomName("user");
    const password = crypto.randomUUID();
    await sql.unsafe(`create role ${user} login password '${password}'`);
    users.push(user);
    for (const grant of grants) await sql.unsafe(grant.replaceAll("$user", user));
    return { name: user, url: urlOf(name, user, password) };
  };
  const sessions: TestDatabase["sessions"] = async (applicationName = ACTION) => [
    ...await sql<Session[]>`select pid, state, query, wait_event_type, wait_event
      from pg_stat_activity
      where datname = current_database() and application_name = ${applicationName}`,
  ];
  const drop = async () => {
    await sql.end();
    await asAdministrator(async (admin) => {
      await admin.unsafe(`alter database ${sqlName} allow_connections false`);
      await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
      await admin.unsafe(`drop database ${sqlName}`);
      for (const user of users) await admin`drop role ${admin(user)}`;
    });
  };
  return {
    name,
    url: urlOf(name),
    serverVersion: Math.floor(server!.number / 10_000),
    sql,
    connect: () => connect(urlOf(name)),
    createUser,
    valuesOf: (table, column, order) => valuesOf(sql, table, column, order),
    rowVersions: (table) => rowVersions(sql, table),
    async assertUnchanged(table, work) {
      const before = await rowVersions(sql, table);
      const result = await work();
      assert.deepEqual(await rowVersions(sql, table), before, `${table} was written to`);
      return result;
    },
    sessions,
    untilBlocked: (applicationName) =>
      until(
        async () =>
          (await sessions(applicationName)).some((each) => each.wait_event_type === "Lock"),
        `no session waits for a lock`,
      ),
    async terminateSessions() {
      for (const { pid } of await sessions()) await sql`select pg_terminate_backend(${pid})`;
    },
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

/** One connection that is closed when it goes out of scope. */
export function connect(url: string): Sql {
  return openSql(url);
}

/** `TestDatabase.valuesOf` by any connection. */
export async function valuesOf(
  sql: Sql,
  table: string,
  column: string,
  order = "id",
): Promise<(string | null)[]> {
  const rows = await sql.unsafe(`select ${column}::text as value from ${table} order by ${order}`);
  return rows.map(({ value }) => value);
}

async function rowVersions(sql: Sql, table: string): Promise<unknown[]> {
  const rows = await sql.unsafe(
    `select t.tableoid::text, t.ctid::text, t.xmin::text, t::text as contents from ${table} t
     order by tableoid, ctid`,
  );
  return rows.map((row) => ({ ...row }));
}

/** The connection URL of a database on the test server. */
function urlOf(database: string, user?: string, password?: string): string {
  const url = new URL(testServerUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}

/** Several test files may come at once: the first makes the template, the others wait for it. */
async function makeTemplateOnce(admin: Sql): Promise<void> {
  await admin`select pg_advisory_lock(hashtext(${TEMPLATE}))`;
  try {
    const [found] = await admin`select from pg_database where datname = ${TEMPLATE}`;
    if (found !== undefined) return;
    const unfinished = randomName("template");
    await admin`create database ${admin(unfinished)} template template0`;
    await using sql = connect(urlOf(unfinished));
    for (const file of CUSTOMERS) await sql.unsafe(await Deno.readTextFile(file));
    await sql.end();
    await admin`alter database ${admin(unfinished)} rename to ${admin(TEMPLATE)}`;
  } finally {
    await admin`select pg_advisory_unlock(hashtext(${TEMPLATE}))`;
  }
}

const CUSTOMERS = ["table.sql", "seed.sql"]
  .map((name) => new URL(`../../deploy/postgres/${name}`, import.meta.url));

async function asAdministrator(work: (admin: Sql) => Promise<void>): Promise<void> {
  await using admin = connect(testServerUrl);
  await work(admin);
}

function randomName(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
}
