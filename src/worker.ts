/**
 * The inner half of the program, and its composition root: the only file that names concrete
 * platforms. What runs from here on reaches the hosts that the supervisor granted, and nothing else.
 */
import "./sandbox/no_environment.ts";
import { planDatahub } from "./commands/datahub_plan.ts";
import { printDatahubStatus } from "./commands/datahub_status.ts";
import { sweepDatahub } from "./commands/datahub_sweep.ts";
import { detokenize } from "./commands/detokenize.ts";
import { doctor } from "./commands/doctor.ts";
import { migrateHistory } from "./commands/history_migrate.ts";
import { dummyTokens } from "./commands/dummy_tokens.ts";
import { answerHealthcheck } from "./commands/healthcheck.ts";
import { restore } from "./commands/restore.ts";
import { rotate } from "./commands/rotate.ts";
import { printPlans } from "./commands/plan.ts";
import { run } from "./commands/run.ts";
import { serve } from "./commands/serve.ts";
import { smoke } from "./commands/smoke.ts";
import { token } from "./commands/token.ts";
import { trigger } from "./commands/trigger.ts";
import type { Config, Connection, RotationSettings } from "./config.ts";
import { stackFrames } from "./stack_frames.ts";
import type { Command } from "./command.ts";
import { startLog, withoutRepeats } from "./log.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { FromWorker, ToWorker } from "./sandbox/protocol.ts";
import type { Observe } from "./observations.ts";
import type { Platform } from "./platforms/platform.ts";
import { databricksPlatform } from "./platforms/databricks/databricks_platform.ts";
import { postgresPlatform } from "./platforms/postgres/postgres_platform.ts";
import type { RotationSource } from "./tokens/conversion.ts";
import { lazyTokenSdk } from "./tokens/lazy_token_sdk.ts";
import type { TokenSdk } from "./tokens/token_sdk.ts";
import { inTrace } from "./trace_context.ts";
import { openTraces } from "./traces/open_traces.ts";
import type { Traces } from "./traces/run_traces.ts";

/** What a worker's global scope has beyond a program's. */
const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

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
  try {
    tell({ type: "finished", exitCode: await work(data.command, data.config) });
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
tell({ type: "loaded" });

async function work(command: Command, config: Config): Promise<number> {
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
    return await inTrace(parent, () => perform(command, config, { observe, metrics, traces }));
  } finally {
    await traces?.close();
  }
}

/** Where what happens is reported to. */
interface Observers {
  readonly observe: Observe;
  readonly metrics: Metrics;
  readonly traces: Traces | undefined;
}

async function perform(command: Command, config: Config, observers: Observers): Promise<number> {
  const action = () => actionDependencies(config, observers);
  // a command for a person says a failure itself
  const observe = withoutRepeats(observers.observe, config.log);
  const once = () => actionDependencies(config, { ...observers, observe });
  switch (command.name) {
    case "serve":
      return await serve(config, action(), observers.metrics, shutDown.signal);
    case "run":
      return await run(
        command,
        config,
        { ...once(), ...(command.receipt !== undefined && { keepReceipt }) },
        shutDown.signal,
      );
    case "plan":
      return await printPlans(command, once(), shutDown.signal);
    case "doctor":
      return await doctor(command, config, action(), shutDown.signal);
    case "rotate":
      return await rotate(command, config, once(), shutDown.signal);
    case "restore":
      return await restore(command, config, once(), shutDown.signal);
    case "trigger":
      return await trigger(command, config.triggerToken, shutDown.signal);
    case "smoke":
      return await smoke(command, config.triggerToken, shutDown.signal);
    case "healthcheck":
      return await answerHealthcheck(command);
    case "datahub plan":
      return await planDatahub(command, config, action(), shutDown.signal);
    case "datahub sweep":
      return await sweepDatahub(command, config, action(), shutDown.signal);
    case "datahub status":
      return await printDatahubStatus(command, config, shutDown.signal);
    case "history migrate":
      return await migrateHistory(command, config, shutDown.signal);
    case "detokenize":
      return await detokenize(command, lazyTokenSdk(config.tokenSdk), shutDown.signal);
    case "verify": {
      const { verify } = await import("./commands/verify.ts");
      return await verify(command, config, verification(config, observers), shutDown.signal);
    }
    case "token":
      return await token(command, config, lazyTokenSdk(config.tokenSdk), shutDown.signal);
  }
}

const keepReceipt = (text: string) => tell({ type: "receipt", text });

function verification(config: Config, { observe }: Observers) {
  return {
    platforms: configuredPlatforms(config),
    knownPlatforms: KNOWN_PLATFORMS,
    allowedDatasets: config.allowedDatasets,
    observe: withoutRepeats(observe, config.log),
    keepReceipt,
  };
}

function actionDependencies(config: Config, { observe, metrics, traces }: Observers) {
  const tokenSdk = lazyTokenSdk(config.tokenSdk);
  return {
    platforms: configuredPlatforms(config),
    knownPlatforms: KNOWN_PLATFORMS,
    allowedDatasets: config.allowedDatasets,
    runTimeoutMs: config.runTimeoutMs,
    tokenSdk,
    standingWarnings: dummyTokens(config),
    ...(config.rotateFrom && { rotateFrom: rotationSource(config.rotateFrom, config, tokenSdk) }),
    observe,
    meter: metrics,
    traces,
  };
}

/** The SDK to rotate from: the current one itself, if it made the tokens. */
function rotationSource(
  { mode, settings, keyId }: RotationSettings,
  { tokenSdk: current }: Config,
  tokenSdk: () => Promise<TokenSdk>,
): () => Promise<RotationSource> {
  const source = mode === current.mode ? tokenSdk : lazyTokenSdk({ mode, settings });
  return async () => ({ sdk: await source(), keyId });
}

function configuredPlatforms(config: Config): ReadonlyMap<string, Platform> {
  return new Map(config.connections.map((each) => [each.name, platformOf(each, config)]));
}

function platformOf(connection: Connection, config: Config): Platform {
  const { platformInstance } = connection;
  const { allowUnprovenMasks, pushdown } = config;
  if (connection.platform === "databricks") {
    const { settings, catalogs } = connection;
    const scope = { platformInstance, databases: catalogs };
    const secretScope = config.databricksSecretScope;
    return databricksPlatform(settings, { allowUnprovenMasks, pushdown, scope, secretScope });
  }
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
