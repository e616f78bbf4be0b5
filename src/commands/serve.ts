/** `tokenize serve`: runs the action until a signal stops it. */
import { RunRegistry } from "../action/run_registry.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import { aborted, settleWithin } from "../async.ts";
import type { Config } from "../config.ts";
import type { History } from "../history/history.ts";
import { toAuthority } from "../host_name.ts";
import { asksForHealth, HEALTHY } from "../http/health.ts";
import { HttpServer } from "../http/server/http_server.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Observe } from "../observations.ts";
import type { RunService } from "../runs/run_service.ts";
import { VERSION } from "../version.ts";

/** How long runs in progress may go on after the signal to stop, before they are rolled back. */
const GRACE_MS = 10_000;
/** How long clients may take after that to read their responses, or to finish their requests. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * When the API is loaded, unless a request needs it earlier. Loading takes a while during which nothing
 * is handled, and the program that started the process waits for /healthz.
 */
const LOAD_DELAY_MS = 100;

/** What serving depends on. */
export interface ServeDependencies {
  readonly observe: Observe;
  readonly metrics: Metrics;
  /** Loads and makes what runs work with, when the API is loaded. */
  readonly loadAction: () => Promise<ActionDependencies>;
}

/** Serves until `shutDown` is aborted, with the name of the signal as the reason. Returns the exit code. */
export async function serve(
  config: Config,
  deps: ServeDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const { observe } = deps;
  const runs = new RunRegistry();
  let loading: ReturnType<typeof loadApp> | undefined;
  const load = () => loading ??= loadApp(config, deps, runs);
  if (config.connections.length === 0) observe({ event: "no_platform_configured" });
  const server = listen(config, observe, async (request) => {
    if (loading === undefined && asksForHealth(request)) return Response.json(HEALTHY);
    return (await load()).app.fetch(request);
  });
  if (server === undefined) return 1;

  const timer = setTimeout(load, LOAD_DELAY_MS);
  await aborted(shutDown);
  clearTimeout(timer);
  observe({ event: "stopping", signal: String(shutDown.reason), runs: runs.size });
  const closing = loading?.then(({ datahub }) => datahub?.close());
  await runs.drain(GRACE_MS);
  await closing;
  await loading?.then(({ service }) => service.close()); // ends streams of events
  await settleWithin(CLOSE_TIMEOUT_MS, server.shutdown());
  await loading?.then(({ platforms }) => Promise.all(platforms.map((each) => each.close())));
  observe({ event: "stopped" });
  return 0;
}

/** Loads the code of the API, and makes it; starts to follow DataHub. Runs are entered in `registry`. */
async function loadApp(
  config: Config,
  { metrics, loadAction }: ServeDependencies,
  registry: RunRegistry,
) {
  const { listen, triggerToken } = config;
  const action = await loadAction();
  const { openRuns } = await import("./open_runs.ts");
  const { openHistoryOf } = await import("./open_history.ts");
  const history = await openHistoryOf(config, action.observe);
  const runs = await openRuns(config, action, registry, history);
  const datahub = await followDatahub(config, action, runs, history);
  const { createApp } = await import("../http/app.ts");
  const deps = { runs, action, datahub, history, metrics };
  const app = createApp({ version: VERSION, listen, triggerToken, ...deps });
  return { app, datahub, service: runs, platforms: [...action.platforms.values()] };
}

/** Starts the DataHub loop, if it is configured; with a history, in one of the replicas at a time. */
async function followDatahub(
  { datahub: settings, tokenSdk: { mode: tokenSdkMode } }: Config,
  action: ActionDependencies,
  runs: RunService,
  history: History | undefined,
) {
  if (settings === undefined) return undefined;
  const { startLoop } = await import("../datahub/loop/loop.ts");
  const start = () => startLoop({ settings, action, runs, tokenSdkMode });
  if (history === undefined) return start();
  const { startLedLoop } = await import("../datahub/loop/led_loop.ts");
  return startLedLoop({ settings, lead: history.leadership, observe: action.observe, start });
}

/** Starts to listen, or says why it cannot. */
function listen(
  { listen: { hostname, port }, triggerToken }: Config,
  observe: Observe,
  answer: (request: Request) => Promise<Response>,
): HttpServer | undefined {
  const url = `http://${toAuthority(hostname, port)}`;
  try {
    const server = new HttpServer({
      listener: Deno.listen({ hostname, port }),
      answer,
      onDropped: (connections) => observe({ event: "connections_dropped", connections }),
    });
    observe({ event: "listening", url, authenticated: triggerToken !== undefined });
    return server;
  } catch (error) {
    observe({ event: "cannot_listen", url, reason: whyNotListening(error) });
    return undefined;
  }
}

/** Rethrows what has nothing to do with the address. */
function whyNotListening(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "the port is in use";
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "the address does not belong to this machine";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not allow it";
  if (error instanceof Error && error.name === "Error") return "the host name cannot be resolved";
  throw error;
}
