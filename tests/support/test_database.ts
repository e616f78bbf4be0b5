/**
 * Databases for tests, each made for one test or one test file and dropped afterwards:
 *
 *     await using database = await createTestDatabase();   // a clone: public.customers, 100 rows
 *     await database.sql`select count(*) from customers`;  // Postgres.js, as the superuser
 *     database.url;                                        // for PG_CONN_STR
 *     const clerk = await database.createUser();           // may log in, and nothing else
 *     await database.sql.unsafe(`grant select (email) on customers to ${clerk.name}`);
 *     clerk.url;
 *
 * They are on the server of TEST_PG_URL, as its superuser. `make test` starts that server; where the
 * variable is unset, each test file starts a server of its own.
 */
import postgres, { type Sql } from "postgres";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";

/** The connection URL of the server's superuser, to no database in particular. */
export const testServerUrl = Deno.env.get("TEST_PG_URL") ?? (await startPostgres()).url();

/** The database that new ones are cloned from. Nobody connects to it, or it could not be cloned. */
const TEMPLATE = "tokenize_test_template";

/** Which database to make. */
export interface TestDatabaseOptions {
  /** False: an empty one. */
  readonly customers?: boolean;
  /** Its name, where that matters; it must not exist. Otherwise it is random: `test_1f3a…`. */
  readonly name?: string;
}

/** A user of a test's database. */
export interface TestUser {
  readonly name: string;
  /** The connection URL of the database, as this user. */
  readonly url: string;
}

/** A database that belongs to one test. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** Its connection URL, as the superuser. */
  readonly url: string;
  /** Connections to it, as the superuser. */
  readonly sql: Sql;
  /** Makes a user without any rights but to log in. The user goes with the database. */
  createUser(): Promise<TestUser>;
  /** Cuts off whoever is connected and drops it. */
  drop(): Promise<void>;
}

/** Makes a database with 100 customers, or an empty one. */
export async function createTestDatabase(
  options: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const { customers = true, name = randomName("test") } = options;
  await asAdministrator(async (admin) => {
    if (customers) await makeTemplateOnce(admin);
    const source = customers ? TEMPLATE : "template0";
    await admin`create database ${admin(name)} template ${admin(source)}`;
  });
  const sql = connect(urlOf(name));
  const users: string[] = [];

  const createUser = async () => {
    const user = randomName("user");
    const password = crypto.randomUUID();
    await sql.unsafe(`create role ${user} login password '${password}'`);
    users.push(user);
    return { name: user, url: urlOf(name, user, password) };
  };
  const drop = async () => {
    await sql.end({ timeout: 1 });
    await asAdministrator(async (admin) => {
      await admin`drop database if exists ${admin(name)} with (force)`;
      for (const user of users) await admin`drop role ${admin(user)}`;
    });
  };
  return { name, url: urlOf(name), sql, createUser, drop, [Symbol.asyncDispose]: drop };
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
    const sql = connect(urlOf(unfinished));
    await sql.unsafe(
      await Deno.readTextFile(
        new URL("../../scripts/servers/postgres/customers.sql", import.meta.url),
      ),
    );
    await sql.end();
    await admin`alter database ${admin(unfinished)} rename to ${admin(TEMPLATE)}`;
  } finally {
    await admin`select pg_advisory_unlock(hashtext(${TEMPLATE}))`;
  }
}

async function asAdministrator(work: (admin: Sql) => Promise<void>): Promise<void> {
  const admin = connect(testServerUrl, 1);
  try {
    await work(admin);
  } finally {
    await admin.end({ timeout: 5 });
  }
}

function connect(url: string, max = 4): Sql {
  return postgres(url, { max, onnotice: () => {} });
}

function randomName(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
}
