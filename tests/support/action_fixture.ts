/**
 * The action on a real database, through its own seam: `tokenizeDataset` with a real platform. It
 * leaves out HTTP, the command line and the sandbox, and nothing else.
 *
 *     const { sql, openAction, valuesOf } = await useDatabase();     // at the top of a test file
 *
 *     await using action = openAction();                             // in a test
 *     const report = await action.tokenize("public.people", ["email"]);
 *     assertReport(report, { updated: 20, skipped: 0 });
 *     await action.fails("value_too_long", "public.people", ["name"]);
 *
 * Values that must never leave the database hold the word "canary": every failure is searched for it.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { machineSource } from "../../scripts/servers/test_keys.ts";
import { settingsReader } from "../../src/settings_reader.ts";
import { planDataset } from "../../src/action/plan_dataset.ts";
import type { DatasetPlan } from "../../src/action/plan_document.ts";
import { tokenizeDataset } from "../../src/action/tokenize_dataset.ts";
import type { Report } from "../../src/action/trigger.ts";
import type { ErrorCode, ServiceError } from "../../src/errors.ts";
import type { Observation } from "../../src/observations.ts";
import type { Progress } from "../../src/platforms/platform.ts";
import { postgresPlatform } from "../../src/platforms/postgres/postgres_platform.ts";
import { DEFAULT_RUN_OPTIONS, type RunOptions as EveryRunOption } from "../../src/run_options.ts";
import { parsePostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import { dummy } from "../../src/tokens/dummy.ts";
import type { RotationSource } from "../../src/tokens/conversion.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { assertFails, assertLeaksNothing } from "./assertions.ts";
import {
  createTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  type TestUser,
} from "./test_database.ts";

/** A test file's database, and the action on it. */
export interface DatabaseFixture extends TestDatabase {
  /** Sets the action up on this database: as the superuser, or as the user that `as` names. */
  openAction(options?: ActionOptions & { readonly as?: TestUser }): Action;
}

/** Makes a database for the test file that calls it, and drops it after the file's last test. */
export async function useDatabase(options: TestDatabaseOptions = {}): Promise<DatabaseFixture> {
  const database = await createTestDatabase(options);
  Deno.test.afterAll(() => database.drop());
  return Object.assign(database, {
    openAction: ({ as: user, ...action }: ActionOptions & { readonly as?: TestUser } = {}) =>
      openAction(user?.url ?? database.url, action),
  });
}

/** How the action is set up. */
export interface ActionOptions {
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  readonly runTimeoutMs?: number;
  readonly allowTriggers?: boolean;
  readonly allowTableFunctions?: boolean;
  readonly allowUnprovenMasks?: boolean;
  readonly allowedDatasets?: readonly string[];
  readonly pushdown?: boolean;
  /** A function is called once the table is looked up. */
  readonly tokenSdk?: TokenSdk | (() => Promise<TokenSdk>);
  /** Whose tokens become those of `tokenSdk`. */
  readonly rotateFrom?: RotationSource;
  /** Whether tokens become values. */
  readonly restores?: boolean;
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
  /** Plans such a run. The plan must leak nothing. */
  plan(
    table: string,
    columns: readonly string[],
    options?: Partial<EveryRunOption> & { readonly showShapes?: boolean },
  ): Promise<DatasetPlan>;
  /** Runs on any dataset. */
  tokenizeUrn(urn: string, columns: readonly string[], options?: RunOptions): Promise<Report>;
  /** A run that must fail with `code`, or one of several, and leak nothing. */
  fails(
    code: ErrorCode | readonly ErrorCode[],
    table: string,
    columns: readonly string[],
    options?: RunOptions,
  ): Promise<ServiceError>;
  /** The same on any dataset. */
  failsUrn(
    code: ErrorCode | readonly ErrorCode[],
    urn: string,
    columns: readonly string[],
    options?: RunOptions,
  ): Promise<ServiceError>;
}

/** Sets the action up on the database of that connection string. */
export function openAction(connectionString: string, options: ActionOptions = {}): Action {
  const { lockTimeoutMs = 5000, statementTimeoutMs = 3_600_000, runTimeoutMs = 3_600_000 } =
    options;
  const { allowTriggers = false, allowTableFunctions = false, allowUnprovenMasks = false } =
    options;
  const { pushdown = false } = options;
  const settings = parsePostgresSettings(connectionString, settingsReader(machineSource({})));
  const platform = postgresPlatform(settings, {
    lockTimeoutMs,
    statementTimeoutMs,
    allowTriggers,
    allowTableFunctions,
    allowUnprovenMasks,
    pushdown,
  });
  const observations: Observation[] = [];
  const sdk = options.tokenSdk ?? dummySdk;
  const { rotateFrom } = options;
  const deps = {
    platforms: new Map([[platform.name, platform]]),
    knownPlatforms: new Map([["postgres", "PG_CONN_STR"]]),
    allowedDatasets: options.allowedDatasets,
    runTimeoutMs,
    tokenSdk: typeof sdk === "function" ? sdk : () => Promise.resolve(sdk),
    ...(options.restores && { restores: true }),
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
    const error = await assertFails(code, tokenizeUrn(urn, columns, run));
    assert.equal(observations.at(-1)?.event, "run_failed");
    assertLeaksNothing(observations, "the log");
    return error;
  };
  const urn = (table: string) => urnOf(`${settings.database}.${table}`);
  return {
    observations,
    tokenizeUrn,
    failsUrn,
    tokenize: (table, columns, run) => tokenizeUrn(urn(table), columns, run),
    async plan(table, columns, { showShapes = false, ...run } = {}) {
      const datasetUrn = urn(table);
      const trigger = { ...DEFAULT_RUN_OPTIONS, ...run, datasetUrn, columns, showShapes };
      const plan = await planDataset(trigger, deps, new AbortController());
      assertLeaksNothing(plan, "the plan");
      assertLeaksNothing(observations, "the log");
      return plan;
    },
    fails: (code, table, columns, run) => failsUrn(code, urn(table), columns, run),
    [Symbol.asyncDispose]: () => platform.close(),
  };
}

/** The SDK of `TOKEN_SDK_MODE=dummy`. */
export const dummySdk: TokenSdk = await dummy.create(null);

/** The same without its SQL expression: it makes tokens in the action alone, as one with a key does. */
export const clientSdk: TokenSdk = {
  pattern: dummySdk.pattern,
  tokenize: dummySdk.tokenize,
  maxTokenLength: dummySdk.maxTokenLength,
};

/** The URN of a Postgres dataset, its name encoded as DataHub does. */
export function urnOf(name: string): string {
  const encoded = name.replaceAll(",", "%2C").replaceAll("(", "%28").replaceAll(")", "%29");
  return `urn:li:dataset:(urn:li:dataPlatform:postgres,${encoded},PROD)`;
}

/** The dummy token, made in another way than the SDK makes it. */
export function tokenOf(value: string): string {
  return `tok_${Buffer.from(value, "utf8").toString("base64")}_poc`;
}
