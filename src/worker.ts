/**
 * The inner half of the program, and its composition root: the only file that names concrete
 * platforms. What runs from here on reaches the hosts that the supervisor granted, and nothing else.
 */
import "./sandbox/no_environment.ts";
import { serve } from "./commands/serve.ts";
import type { Config, Connection, RotationSettings, SdkSettings } from "./config.ts";
import { stackFrames } from "./stack_frames.ts";
import type { Command } from "./command.ts";
import { commandLog, startLog } from "./log.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { FromWorker, ToWorker, WorkerScope } from "./sandbox/protocol.ts";
import type { CommandLog, Observe } from "./observations.ts";
import type { Platform } from "./platforms/platform.ts";
import type { RotationSource } from "./tokens/conversion.ts";
import { useScreen } from "./standard_streams.ts";
import type { TokenSdk } from "./tokens/token_sdk.ts";
import { inTrace } from "./trace_context.ts";
import { openTraces } from "./traces/open_traces.ts";
import type { Traces } from "./traces/run_traces.ts";

const scope = globalThis as unknown as WorkerScope;

/** Every platform that this build knows, with the variable that turns it on. */
const KNOWN_PLATFORMS: ReadonlyMap<string, string> = new Map([
  ["postgres", "PG_CONN_STR"],
  ["databricks", "DBX_JDBC_URL"],
]);

const tell = (message: FromWorker) => scope.postMessage(message);
const shutDown = new AbortController();

scope.onmessage = async ({ data }) => {
  if (data.type === "hold") return; // receiving it is enough to hold the line
  if (data.type === "shut_down") return shutDown.abort(data.signal);
  useScreen(data.screen);
  try {
    tell({ type: "finished", exitCode: await work(data) });
  } catch (error) {
    die(error);
  }
};
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  die(event.reason);
});
globalThis.addEventListener("error", (event) => {
  event.preventDefault();
  die(event.error);
});

type StartMessage = Extract<ToWorker, { readonly type: "start" }>;

async function work({ command, config, observations }: StartMessage): Promise<number> {
  const inUse = new Set(config.connections.map(({ platform }) => platform));
  const metrics = new Metrics([...KNOWN_PLATFORMS.keys()], [...inUse]);
  const log = await startLog(config.log);
  const observe: Observe = (observation) => {
    metrics.observe(observation);
    log(observation);
  };
  const onLost = (spans: number) => metrics.spansLost(spans);
  const traces = config.traces && openTraces(config.traces, { observe, onLost });
  // what a service does is part of its callers' traces, not of the one that it was started in
  const parent = command.name === "serve" ? undefined : config.parentTrace;
  try {
    return await inTrace(parent, () => {
      observations.forEach(observe);
      return perform(command, config, { observe, metrics, traces });
    });
  } finally {
    await traces?.close();
  }
}

interface Observers {
  readonly observe: Observe;
  readonly metrics: Metrics;
  readonly traces: Traces | undefined;
}

type WithoutRuns =
  | Extract<Command, { readonly url: string }>
  | Extract<Command, { readonly name: "history migrate" | "detokenize" | "token" }>;

/** Performs the command, of which only its own code is loaded; of `serve`, what listens. */
async function perform(command: Command, config: Config, observers: Observers): Promise<number> {
  const action = () => actionDependencies(config, observers);
  const log = commandLog(observers.observe, config.log);
  const job = () => actionDependencies(config, { ...observers, ...log });
  const { signal } = shutDown;
  switch (command.name) {
    case "serve":
      return await serve(config, { ...observers, loadAction: action }, signal);
    case "run": {
      const { run } = await import("./commands/run.ts");
      const deps = { ...await job(), ...(command.receipt !== undefined && { keepReceipt }) };
      return await run(command, config, deps, signal);
    }
    case "plan": {
      const { printPlans } = await import("./commands/plan.ts");
      return await printPlans(command, await job(), signal);
    }
    case "doctor": {
      const { doctor } = await import("./commands/doctor.ts");
      return await doctor(command, config, await action(), signal);
    }
    case "rotate": {
      const { rotate } = await import("./commands/rotate.ts");
      return await rotate(command, config, await job(), signal);
    }
    case "restore": {
      const { restore } = await import("./commands/restore.ts");
      return await restore(command, config, await job(), signal);
    }
    case "verify": {
      const { verify } = await import("./commands/verify.ts");
      return await verify(command, config, await verification(config, log), signal);
    }
    case "complete-columns": {
      const { completeColumns } = await import("./commands/complete_columns.ts");
      return await completeColumns(command, await verification(config, log), signal);
    }
    case "datahub plan": {
      const { planDatahub } = await import("./commands/datahub_plan.ts");
      return await planDatahub(command, config, await action(), signal);
    }
    case "datahub sweep": {
      const { sweepDatahub } = await import("./commands/datahub_sweep.ts");
      return await sweepDatahub(command, config, await action(), signal);
    }
    default:
      return await performWithoutRuns(command, config, signal);
  }
}

async function performWithoutRuns(
  command: WithoutRuns,
  config: Config,
  signal: AbortSignal,
): Promise<number> {
  switch (command.name) {
    case "trigger": {
      const { trigger } = await import("./commands/trigger.ts");
      return await trigger(command, config.triggerToken, signal);
    }
    case "smoke": {
      const { smoke } = await import("./commands/smoke.ts");
      return await smoke(command, config.triggerToken, signal);
    }
    case "healthcheck": {
      const { answerHealthcheck } = await import("./commands/healthcheck.ts");
      return await answerHealthcheck(command);
    }
    case "datahub status": {
      const { printDatahubStatus } = await import("./commands/datahub_status.ts");
      return await printDatahubStatus(command, config, signal);
    }
    case "history migrate": {
      const { migrateHistory } = await import("./commands/history_migrate.ts");
      return await migrateHistory(command, config, signal);
    }
    case "detokenize": {
      const { detokenize } = await import("./commands/detokenize.ts");
      return await detokenize(command, await tokenSdkOf(config.tokenSdk), signal);
    }
    case "token": {
      const { token } = await import("./commands/token.ts");
      return await token(command, config, await tokenSdkOf(config.tokenSdk), signal);
    }
  }
}

const keepReceipt = (text: string) => tell({ type: "receipt", text });

async function verification(config: Config, log: CommandLog) {
  const { allowedDatasets } = config;
  const platforms = await configuredPlatforms(config);
  return { platforms, knownPlatforms: KNOWN_PLATFORMS, allowedDatasets, ...log, keepReceipt };
}

async function actionDependencies<O extends Observers>(config: Config, { metrics, ...others }: O) {
  const tokenSdk = await tokenSdkOf(config.tokenSdk);
  const { rotateFrom } = config;
  const { dummyTokens } = await import("./commands/dummy_tokens.ts");
  return {
    platforms: await configuredPlatforms(config),
    knownPlatforms: KNOWN_PLATFORMS,
    allowedDatasets: config.allowedDatasets,
    runTimeoutMs: config.runTimeoutMs,
    tokenSdk,
    standingWarnings: dummyTokens(config),
    ...(rotateFrom && { rotateFrom: await rotationSource(rotateFrom, config, tokenSdk) }),
    ...others,
    meter: metrics,
  };
}

async function tokenSdkOf(settings: SdkSettings): Promise<() => Promise<TokenSdk>> {
  const { lazyTokenSdk } = await import("./tokens/lazy_token_sdk.ts");
  return lazyTokenSdk(settings);
}

/** The SDK to rotate from: the current one itself, if it made the tokens. */
async function rotationSource(
  { mode, settings, keyId }: RotationSettings,
  { tokenSdk: current }: Config,
  tokenSdk: () => Promise<TokenSdk>,
): Promise<() => Promise<RotationSource>> {
  const source = mode === current.mode ? tokenSdk : await tokenSdkOf({ mode, settings });
  return async () => ({ sdk: await source(), keyId });
}

async function configuredPlatforms(config: Config): Promise<ReadonlyMap<string, Platform>> {
  const platforms = new Map<string, Platform>();
  for (const each of config.connections) platforms.set(each.name, await platformOf(each, config));
  return platforms;
}

async function platformOf(connection: Connection, config: Config): Promise<Platform> {
  const { platformInstance } = connection;
  const { allowUnprovenMasks, pushdown, databricksSecretScope: secretScope } = config;
  if (connection.platform === "databricks") {
    const { databricksPlatform } = await import("./platforms/databricks/databricks_platform.ts");
    const { settings, catalogs } = connection;
    const scope = { platformInstance, databases: catalogs };
    return databricksPlatform(settings, { allowUnprovenMasks, pushdown, scope, secretScope });
  }
  const { postgresPlatform } = await import("./platforms/postgres/postgres_platform.ts");
  return postgresPlatform(connection.settings, {
    ...config.postgresLimits,
    strainLimits: config.postgresStrainLimits,
    allowTriggers: config.allowTriggers,
    allowTableFunctions: config.allowTableFunctions,
    allowUnprovenMasks,
    pushdown,
    platformInstance,
  });
}

function die(error: unknown): void {
  const kind = error instanceof Error ? error.name : typeof error;
  tell({ type: "died", kind, frames: stackFrames(error) });
}
