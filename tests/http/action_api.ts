/**
 * The HTTP API within the test's own process: the real app, job and platform, without a socket. Every
 * answer is checked on its way: it is one that `/openapi.json` describes, and never gives away more
 * than it may.
 */
import assert from "node:assert/strict";
import { machineSource } from "../../scripts/servers/test_keys.ts";
import { RunRegistry } from "../../src/action/run_registry.ts";
import { loadConfig } from "../../src/config.ts";
import type { DatahubLoop } from "../../src/datahub/loop/loop.ts";
import { createApp } from "../../src/http/app.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { toProblem } from "../../src/http/problem.ts";
import type { Observation } from "../../src/observations.ts";
import { postgresPlatform } from "../../src/platforms/postgres/postgres_platform.ts";
import { MemoryRunStore } from "../../src/runs/memory_run_store.ts";
import { RunService } from "../../src/runs/run_service.ts";
import { lazyTokenSdk } from "../../src/tokens/lazy_token_sdk.ts";
import { VERSION } from "../../src/version.ts";
import { checkResponse, hasOperation } from "./openapi_document.ts";

/** One answer, read. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into it, and would fail if it had another shape
  readonly json: any;
}

/** The API of one configuration. */
export interface ActionApi extends AsyncDisposable {
  readonly registry: RunRegistry;
  readonly runs: RunService;
  /** All that would have been logged. */
  readonly observations: readonly Observation[];
  /** Sends any request. */
  send(method: string, path: string, init?: Omit<RequestInit, "method">): Promise<ApiResponse>;
  /** Sends a request whose response is a stream, which is not checked. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Sends a trigger as JSON; strings go as they are. */
  trigger(body: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
}

/** Makes the API with these environment variables. */
export function openApi(
  environment: Readonly<Record<string, string>> = {},
  datahub?: DatahubLoop,
): ActionApi {
  const config = loadConfig({ ...machineSource(environment), isTerminal: false });
  const { postgresLimits, pushdown, runTimeoutMs } = config;
  const { allowTriggers, allowTableFunctions } = config;
  const strainLimits = config.postgresStrainLimits;
  const options = { ...postgresLimits, strainLimits, allowTriggers, allowTableFunctions, pushdown };
  const platforms = config.connections.flatMap(({ name, platform, settings, platformInstance }) =>
    platform === "postgres"
      ? [[name, postgresPlatform(settings, { ...options, platformInstance })] as const]
      : []
  );
  const observations: Observation[] = [];
  const metrics = new Metrics(["postgres", "databricks"], ["postgres"]);
  const action = {
    platforms: new Map(platforms),
    knownPlatforms: new Map([["postgres", "PG_CONN_STR"], ["databricks", "DBX_JDBC_URL"]]),
    allowedDatasets: config.allowedDatasets,
    runTimeoutMs,
    tokenSdk: lazyTokenSdk(config.tokenSdk),
    observe(observation: Observation) {
      observations.push(observation);
      metrics.observe(observation);
    },
    meter: metrics,
  };
  const registry = new RunRegistry();
  const { maxQueuedRuns } = config;
  const store = new MemoryRunStore();
  const runs = new RunService({ store, action, registry, toProblem, maxQueuedRuns });
  const app = createApp({
    version: VERSION,
    listen: config.listen,
    triggerToken: config.triggerToken,
    runs,
    datahub,
    metrics,
    action,
  });

  let document: unknown;
  const send: ActionApi["send"] = async (method, path, init = {}) => {
    document ??= await (await app.request("/openapi.json")).json();
    const response = await app.request(path, { ...init, method });
    const { status, headers } = response;
    const text = await response.text();
    const json = text === "" ? undefined : JSON.parse(text);
    if (status >= 400 && json?.code !== undefined) checkProblem(status, headers, json);
    if (hasOperation(document, method, path) && path !== "/openapi.json") {
      checkResponse(document, {
        method,
        path,
        status,
        contentType: headers.get("content-type"),
        body: json,
      });
    }
    return { status, headers, json };
  };
  return {
    registry,
    runs,
    observations,
    send,
    request: async (path, init) => await app.request(path, init),
    trigger: (body, headers = {}) =>
      send("POST", "/trigger", {
        body: typeof body === "string" ? body : JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      }),
    async [Symbol.asyncDispose]() {
      await runs.close();
      for (const [, platform] of platforms) await platform.close();
    },
  };
}

/** What is true of every problem document. */
export function checkProblem(
  status: number,
  headers: Headers,
  problem: Record<string, unknown>,
): void {
  assert.equal(headers.get("content-type"), "application/problem+json");
  assert.equal(problem.status, status);
  assert.match(String(problem.title), /^[A-Z][^\n]{5,60}$/);
  assert.match(String(problem.detail), /^Cannot [^\n]{10,1500}[^.\n]$/);
  assert.match(String(problem.code), /^[a-z_]+$/);
  const known = ["status", "title", "detail", "code", "run_id"];
  assert.deepEqual(Object.keys(problem).filter((name) => !known.includes(name)), []);
  assert.doesNotMatch(JSON.stringify(problem), /\bat .*:\d+:\d+|Error:|canary/i);
}

/** A dataset's URN. */
export function urn(name: string, platform = "postgres"): string {
  return `urn:li:dataset:(urn:li:dataPlatform:${platform},${name},PROD)`;
}

/** The code of a failed answer, or its status if there is none. */
export function codeOf({ status, json }: ApiResponse): string {
  return json?.code ?? String(status);
}
