/**
 * The loop within the test's own process, on a real database and the stand-in for DataHub:
 *
 *     await using opened = await openLoop({ mode: "run" });
 *     opened.tag({ column: "email" });
 *     const { outcome } = await opened.untilReconciled();
 */
import {
  type DatahubServer,
  startDatahub,
} from "../../../scripts/servers/datahub/datahub_server.ts";
import type { GraphqlOptions } from "../../../scripts/servers/datahub/graphql_api.ts";
import type { ColumnLabel } from "../../../scripts/servers/datahub/metadata.ts";
import { machineSource } from "../../../scripts/servers/test_keys.ts";
import { until } from "../../../scripts/servers/until.ts";
import { RunRegistry } from "../../../src/action/run_registry.ts";
import { loadConfig } from "../../../src/config.ts";
import { type DatahubLoop, startLoop } from "../../../src/datahub/loop/loop.ts";
import { toProblem } from "../../../src/http/problem.ts";
import { MemoryRunStore } from "../../../src/runs/memory_run_store.ts";
import { RunService } from "../../../src/runs/run_service.ts";
import type { Reporter } from "../../../src/datahub/report/reporter.ts";
import type { Observation } from "../../../src/observations.ts";
import { postgresPlatform } from "../../../src/platforms/postgres/postgres_platform.ts";
import { lazyTokenSdk } from "../../../src/tokens/lazy_token_sdk.ts";
import { urnOf } from "../../support/action_fixture.ts";
import { assertLeaksNothing } from "../../support/assertions.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test_database.ts";
import { isToken, PII } from "./labels.ts";
import { loopEnvironment } from "./loop_environment.ts";

/** What a test may choose. */
export interface OpenLoopOptions {
  readonly mode?: "observe" | "approve" | "run";
  /** Further settings, as variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the loop reports to; otherwise to DataHub. */
  readonly reporter?: Reporter;
  /** Which GraphQL DataHub has. */
  readonly graphql?: GraphqlOptions;
  /** Called before the loop starts. */
  readonly before?: (opened: Omit<OpenedLoop, "loop">) => unknown;
}

/** An event of the log. */
type Reconciled = Extract<Observation, { event: "dataset_reconciled" }>;

/** DataHub with the dataset of `customers`, the database, and the loop. */
export interface OpenedLoop extends AsyncDisposable {
  readonly datahub: DatahubServer;
  readonly database: TestDatabase;
  readonly loop: DatahubLoop;
  /** The URN of `public.customers`. */
  readonly urn: string;
  /** All that was logged. */
  readonly observations: readonly Observation[];
  /** Puts a label on a column: by default the tag PII on a column of `customers`, as the UI does. */
  tag(change: Partial<ColumnLabel> & { readonly column: string }): void;
  /** Which columns hold nothing but tokens. */
  tokenized(...columns: string[]): Promise<string[]>;
  /** Waits for an event of the log. */
  untilObserved<E extends Observation["event"]>(
    event: E,
    matches?: (observation: Extract<Observation, { event: E }>) => boolean,
  ): Promise<Extract<Observation, { event: E }>>;
  /** Waits until a dataset, by default that of `customers`, was dealt with for the `times`-th time. */
  untilReconciled(urn?: string, times?: number): Promise<Reconciled>;
}

/** Starts all three. All that was logged and sent is searched for values and secrets at the end. */
export async function openLoop(options: OpenLoopOptions = {}): Promise<OpenedLoop> {
  const datahub = startDatahub(options.graphql);
  const database = await createTestDatabase({ customers: true });
  const urn = urnOf(`${database.name}.public.customers`);
  datahub.metadata.addDataset(urn, ["id", "name", "email", "phone", "created_at"]);
  const observations: Observation[] = [];

  const untilObserved: OpenedLoop["untilObserved"] = async (event, matches = () => true) => {
    type Wanted = Extract<Observation, { event: typeof event }>;
    const find = () =>
      observations.find((each) => each.event === event && matches(each as Wanted)) as Wanted;
    await until(() => find() !== undefined, `no ${event} among ${JSON.stringify(observations)}`);
    return find();
  };
  const place = {
    datahub,
    database,
    urn,
    observations,
    tag: (change: Partial<ColumnLabel> & { readonly column: string }) =>
      datahub.metadata.label({ dataset: urn, label: PII, ...change }),
    async tokenized(...columns: string[]) {
      const all = await Promise.all(
        columns.map((each) => database.valuesOf("customers", `"${each}"`)),
      );
      return columns.filter((_, i) => all[i]!.every(isToken));
    },
    untilObserved,
    async untilReconciled(dataset = urn, times = 1) {
      const all = () =>
        observations.filter((each) =>
          each.event === "dataset_reconciled" && each.datasetUrn === dataset
        ) as Reconciled[];
      await until(() => all().length >= times, `not dealt with: ${JSON.stringify(observations)}`);
      return all()[times - 1]!;
    },
  };
  const dispose = async () => {
    await datahub[Symbol.asyncDispose]();
    await database.drop();
  };
  await options.before?.({ ...place, [Symbol.asyncDispose]: dispose });
  const { loop, close } = start(place, options);
  return {
    ...place,
    loop,
    async [Symbol.asyncDispose]() {
      await close();
      await dispose();
      assertLeaksNothing(observations, "the log", [datahub.token]);
      assertLeaksNothing(datahub.requests, "what was sent to DataHub", [datahub.token]);
    },
  };
}

type Place = Pick<OpenedLoop, "datahub" | "database"> & { readonly observations: Observation[] };

function start({ datahub, database, observations }: Place, options: OpenLoopOptions) {
  const { mode, env, reporter } = options;
  const variables = { ...loopEnvironment({ datahub, database }, mode), ...env };
  const config = loadConfig({ ...machineSource(variables), isTerminal: false });
  const { postgresLimits, pushdown, allowTriggers, allowTableFunctions, runTimeoutMs } = config;
  const [connection] = config.connections;
  if (connection?.platform !== "postgres") throw new Error("No connection to Postgres");
  const platform = postgresPlatform(connection.settings, {
    ...postgresLimits,
    allowTriggers,
    allowTableFunctions,
    pushdown,
  });
  const registry = new RunRegistry();
  const action = {
    platforms: new Map([[platform.name, platform]]),
    knownPlatforms: new Map([["postgres", "PG_CONN_STR"], ["databricks", "DBX_JDBC_URL"]]),
    allowedDatasets: config.allowedDatasets,
    runTimeoutMs,
    tokenSdk: lazyTokenSdk(config.tokenSdk),
    observe: (observation: Observation) => void observations.push(observation),
  };
  const runs = new RunService({ store: new MemoryRunStore(), action, registry, toProblem });
  const loop = startLoop({
    settings: config.datahub!,
    tokenSdkMode: config.tokenSdk.mode,
    action,
    runs,
    ...(reporter && { reporter }),
  });
  const close = async () => {
    const closing = loop.close();
    await registry.drain(0);
    await closing;
    await runs.close();
    await platform.close();
  };
  return { loop, close };
}
