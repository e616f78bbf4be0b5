/** The API's OpenAPI document, as a running action gives it at `/openapi.json`. */
import { RunRegistry } from "../../src/action/run_registry.ts";
import { createApp } from "../../src/http/app.ts";
import { Metrics } from "../../src/metrics/metrics.ts";
import { toProblem } from "../../src/http/problem.ts";
import { MemoryRunStore } from "../../src/runs/memory_run_store.ts";
import { RunService } from "../../src/runs/run_service.ts";
import { VERSION } from "../../src/version.ts";

/** Made by an API that no trigger reaches. */
export async function openApiDocument(): Promise<Record<string, unknown>> {
  const registry = new RunRegistry();
  const action = {
    platforms: new Map(),
    knownPlatforms: new Map(),
    allowedDatasets: undefined,
    runTimeoutMs: 1,
    tokenSdk: () => Promise.reject(new Error("no run is started here")),
    observe: () => {},
  };
  const app = createApp({
    version: VERSION,
    listen: { hostname: "127.0.0.1", port: 8080 },
    triggerToken: undefined,
    datahub: undefined,
    metrics: new Metrics([], []),
    runs: new RunService({ store: new MemoryRunStore(), action, registry, toProblem }),
    action,
  });
  return await (await app.request("/openapi.json")).json();
}
