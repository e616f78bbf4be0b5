/**
 * The action on a real database, through its own seam: `tokenizeDataset` with a real platform. It
 * leaves out HTTP, the command line and the sandbox, and nothing else.
 *
 *     const database = await openDatabase();              // at the top of a test file
 *     Deno.test.afterAll(() => database.drop());
 *
 *     await using action = openAction(database.url);      // in a test
 *     await action.tokenize("public.customers", ["email"]);
 *     await action.fails("value_too_long", "public.short", ["name"]);
 *
 * Values that must never leave the database hold the word "canary": every failure is searched for it.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import postgres, { type Sql } from "postgres";
import { tokenizeDataset } from "../../src/action/tokenize_dataset.ts";
import type { Report } from "../../src/action/trigger.ts";
import { type ErrorCode, ServiceError } from "../../src/errors.ts";
import type { Observation } from "../../src/observations.ts";
import type { Progress } from "../../src/platforms/platform.ts";
import { postgresPlatform } from "../../src/platforms/postgres/postgres_platform.ts";
import { DEFAULT_RUN_OPTIONS, type RunOptions as EveryRunOption } from "../../src/run_options.ts";
import { parsePostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import { dummy } from "../../src/tokens/dummy.ts";
import type { RotationSource } from "../../src/tokens/conversion.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { createTestDatabase, type TestDatabaseOptions, testServerUrl } from "./test_database.ts";

/** A test file's database, with one connection of the superuser, open already. */
export interface FixtureDatabase {
  readonly name: string;
  readonly url: string;
  readonly sql: Sql;
  /** A role that may log in, and what `grants` say; `$user` in them stands for its name. */
  createUser(...grants: string[]): Promise<{ readonly name: string; readonly url: string }>;
  /** One more connection, to hold a lock or a transaction open. */
  connect(): Sql & AsyncDisposable;
  drop(): Promise<void>;
}

/**
 * Makes a database for a test file. Its connection is opened here, and not within a test, which would
 * be blamed for leaving it open.
 */
export async function openDatabase(options: TestDatabaseOptions = {}): Promise<FixtureDatabase> {
  const database = await createTestDatabase(options);
  const sql = await openConnection(database.url);
  const users: string[] = [];
  return {
    name: database.name,
    url: database.url,
    sql,
    async createUser(...grants) {
      const name = `user_${crypto.randomUUID().slice(0, 8)}`;
      const url = new URL(database.url);
      url.username = name;
      url.password = crypto.randomUUID();
      await sql.unsafe(`create role ${name} login password '${url.password}'`);
      users.push(name);
      for (const grant of grants) await sql.unsafe(grant.replaceAll("$user", name));
      return { name, url: url.href };
    },
    connect: () => connect(database.url),
    async drop() {
      await sql.end();
      await database.drop();
      await using admin = connect(testServerUrl);
      for (const user of users) await admin.unsafe(`drop role ${user}`);
    },
  };
}

async function openConnection(url: string): Promise<Sql> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`select 1`;
  return sql;
}

/** One connection that is closed when it goes out of scope; to another database, if one is named. */
export function connect(url: string, database?: string): Sql & AsyncDisposable {
  const sql = postgres(url, { max: 1, onnotice: () => {}, ...(database && { database }) });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) });
}

/** How the action is set up. */
export interface ActionOptions {
  readonly lockTimeoutMs?: number;
  readonly allowTriggers?: boolean;
  readonly allowedDatasets?: readonly string[];
  readonly pushdown?: boolean;
  /** A function is called once the table is looked up. */
  readonly tokenSdk?: TokenSdk | (() => Promise<TokenSdk>);
  /** Whose tokens become those of `tokenSdk`. */
  readonly rotateFrom?: RotationSource;
}

/** How one run is started. */
export interface RunOptions extends Partial<EveryRunOption> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** The action with one configured platform. */
export interface Action extends AsyncDisposable {
  /** All that it would have logged. */
  readonly observations: readonly Observation[];
  /** Runs on `schema.table` of the database connected to, as it would stand in a URN. */
  tokenize(table: string, columns: readonly string[], options?: RunOptions): Promise<Report>;
  /** Runs on any dataset. */
  tokenizeUrn(urn: string, columns: readonly string[], options?: RunOptions): Promise<Report>;
  /** A run that must fail with `code`, in a message that is well-formed and gives nothing away. */
  fails(
    code: ErrorCode,
    table: string,
    columns: readonly string[],
    options?: RunOptions,
  ): Promise<ServiceError>;
  /** The same on any dataset. */
  failsUrn(
    code: ErrorCode,
    urn: string,
    columns: readonly string[],
    options?: RunOptions,
  ): Promise<ServiceError>;
}

/** Sets the action up on the database of that connection string. */
export function openAction(connectionString: string, options: ActionOptions = {}): Action {
  const { lockTimeoutMs = 5000, allowTriggers = false, pushdown = false } = options;
  const settings = parsePostgresSettings(connectionString, (path) => Deno.readTextFileSync(path));
  const platform = postgresPlatform(settings, { lockTimeoutMs, allowTriggers, pushdown });
  const observations: Observation[] = [];
  const sdk = options.tokenSdk ?? dummySdk;
  const { rotateFrom } = options;
  const deps = {
    platforms: new Map([[platform.name, platform]]),
    knownPlatforms: new Map([["postgres", "PG_CONN_STR"]]),
    allowedDatasets: options.allowedDatasets,
    tokenSdk: typeof sdk === "function" ? sdk : () => Promise.resolve(sdk),
    ...(rotateFrom && { rotateFrom: () => Promise.resolve(rotateFrom) }),
    observe: (observation: Observation) => void observations.push(observation),
  };

  const tokenizeUrn: Action["tokenizeUrn"] = (urn, columns, run = {}) => {
    const { signal = new AbortController().signal, onProgress, ...options } = run;
    const started = { runId: crypto.randomUUID(), signal, ...(onProgress && { onProgress }) };
    const trigger = { ...DEFAULT_RUN_OPTIONS, ...options, datasetUrn: urn, columns };
    return tokenizeDataset(trigger, deps, started);
  };
  const failsUrn: Action["failsUrn"] = async (code, urn, columns, run) => {
    const error = await failureOf(tokenizeUrn(urn, columns, run));
    assert.equal(error.code, code, error.message);
    givesNothingAway(error, observations);
    return error;
  };
  const urn = (table: string) => urnOf(`${settings.database}.${table}`);
  return {
    observations,
    tokenizeUrn,
    failsUrn,
    tokenize: (table, columns, run) => tokenizeUrn(urn(table), columns, run),
    fails: (code, table, columns, run) => failsUrn(code, urn(table), columns, run),
    [Symbol.asyncDispose]: () => platform.close(),
  };
}

/** The SDK of `TOKEN_SDK_MODE=dummy`. */
export const dummySdk: TokenSdk = await dummy.create(null);

/** The URN of a Postgres dataset, its name encoded as DataHub does. */
export function urnOf(name: string): string {
  const encoded = name.replaceAll(",", "%2C").replaceAll("(", "%28").replaceAll(")", "%29");
  return `urn:li:dataset:(urn:li:dataPlatform:postgres,${encoded},PROD)`;
}

/** The dummy token, made in another way than the SDK makes it. */
export function tokenOf(value: string): string {
  return `tok_${Buffer.from(value, "utf8").toString("base64")}_poc`;
}

/** What a promise fails with, which must be one of our own errors. */
export async function failureOf(promise: Promise<unknown>): Promise<ServiceError> {
  const error = await promise.then(
    (result) => assert.fail(`it succeeded: ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );
  assert.ok(error instanceof ServiceError, `not a ServiceError: ${error}`);
  return error;
}

/** Checks a failure's message, and that neither it nor the log holds a value of the table. */
export function givesNothingAway(error: ServiceError, observations: readonly Observation[]): void {
  assert.match(error.message, /^Cannot [^\n]+[^.\n]$/);
  assert.equal(observations.at(-1)?.event, "run_failed");
  const said = JSON.stringify([error.message, error.facts, error.stack, observations]);
  assert.doesNotMatch(said, /canary|Y2FuYXJ5|NhbmFye|jYW5hcn/i);
}

/** Every row's place, version and contents: equal before and after means that nothing was written. */
export async function rowVersions(sql: Sql, table: string): Promise<unknown[]> {
  const rows = await sql.unsafe(
    `select t.tableoid::text, t.ctid::text, t.xmin::text, t::text as contents from ${table} t
     order by tableoid, ctid`,
  );
  return rows.map((row) => ({ ...row }));
}

/** Does `work`, which must write no row version in `table`. */
export async function changesNothing<T>(
  sql: Sql,
  table: string,
  work: () => Promise<T>,
): Promise<T> {
  const before = await rowVersions(sql, table);
  const result = await work();
  assert.deepEqual(await rowVersions(sql, table), before);
  return result;
}

/** A column's values as text, in the order of `order`. */
export async function valuesOf(
  sql: Sql,
  table: string,
  column: string,
  order = "id",
): Promise<(string | null)[]> {
  const rows = await sql.unsafe(`select ${column}::text as value from ${table} order by ${order}`);
  return rows.map(({ value }) => value);
}

/** Waits for a condition that others bring about. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!await condition()) {
    if (Date.now() > deadlineMs) throw new Error("Cannot wait any longer: 30 s have passed");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
