/**
 * The outer half of the program. It starts the sandboxed worker, gives up its own permissions before
 * the worker receives its command, relays signals, and ends as the worker ends. It never parses input
 * and never opens a connection.
 */
import module from "node:module";
import type { Config } from "../config.ts";
import type { Command } from "../command.ts";
import { readMessage, type ToWorker } from "./protocol.ts";
import type { Observation } from "../observations.ts";
import { type Grants, workerPermissions } from "./grants.ts";
import { knownScreen } from "../standard_streams.ts";
import { signalExitCode, STOP_SIGNALS, type StopSignal } from "../stop_signals.ts";

/** How long the worker may take to stop; Kubernetes kills after 30 s. */
const STOP_TIMEOUT_MS = 25_000;
/**
 * How long after the first signal another one has no meaning of its own. `timeout` sends each signal to
 * the program and to its process group, so that it arrives twice.
 */
const SAME_SIGNAL_MS = 1000;

const OWN_PERMISSIONS = ["net", "env", "read", "write", "run", "ffi", "sys", "import"] as const;

/** What the program around it has to do with a command. */
export interface Surroundings {
  /** What is observed before the command begins. */
  readonly observations: readonly Observation[];
  /** Called with each receipt that the command makes. */
  keepReceipt(text: string): void;
}

/** Runs the command in a sandbox that is given `grants` and no more. Resolves to the exit code. */
export function supervise(
  command: Command,
  config: Config,
  grants: Grants,
  { observations, keepReceipt }: Surroundings,
): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const worker = new Worker(new URL("../worker_entry.ts", import.meta.url), {
    type: "module",
    name: "sandbox",
    deno: { permissions: workerPermissions(grants) },
  });
  const tell = (message: ToWorker) => worker.postMessage(message);
  let isOver = false;
  const end = (exitCode: number, last?: Observation) => {
    if (isOver) return;
    isOver = true;
    worker.terminate(); // or it might write between the last line and the end
    const logged = last === undefined ? Promise.resolve() : log(last, config);
    logged.then(() => ended.resolve(exitCode), ended.reject);
  };

  let started = false;
  worker.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = readMessage(data);
    if (message === undefined) return;
    if (message.type === "loaded") {
      if (started) return;
      started = true;
      dropPermissions();
      const first = command.name === "serve" ? [ready(grants), ...observations] : observations;
      tell({ type: "start", command, config, observations: first, screen: knownScreen() });
    } else if (message.type === "receipt") {
      keepReceipt(message.text);
    } else if (message.type === "finished") {
      end(message.exitCode);
    } else {
      end(1, { event: "unexpected_failure", kind: message.kind, frames: message.frames });
    }
  };
  worker.onerror = (event) => {
    event.preventDefault(); // its message may contain anything
    end(1, { event: "worker_died", how: "by an error that nobody caught" });
  };
  watch(worker, () => end(1, { event: "worker_died", how: "without reporting why" }));

  onStopSignal({
    first(signal) {
      tell({ type: "shut_down", signal });
      const exitCode = signalExitCode(signal);
      setTimeout(() => end(exitCode, { event: "grace_period_over" }), STOP_TIMEOUT_MS);
    },
    again: (signal) => end(signalExitCode(signal), { event: "forced_end", signal }),
  });
  return ended.promise;
}

/** Logs how the worker ended. The worker logs everything else, and most often there is nothing else. */
async function log(observation: Observation, config: Config): Promise<void> {
  const { startLog } = await import("../log.ts");
  const observe = await startLog(config.log);
  observe(observation);
}

function ready({ hosts, files }: Grants): Observation {
  return {
    event: "sandbox_ready",
    hosts: hosts.map(({ host }) => host),
    files: files.map(({ file }) => file),
  };
}

/** Calls `first` with the first signal to stop, and `again` with one that is a further request. */
function onStopSignal(
  { first, again }: Readonly<Record<"first" | "again", (signal: StopSignal) => void>>,
): void {
  let firstMs: number | undefined;
  for (const signal of STOP_SIGNALS) {
    Deno.addSignalListener(signal, () => {
      if (firstMs === undefined) {
        firstMs = performance.now();
        first(signal);
      } else if (performance.now() - firstMs >= SAME_SIGNAL_MS) {
        again(signal);
      }
    });
  }
}

/** Calls `onGone` when the worker is gone, even if it closed itself, which fires no event. */
function watch(worker: Worker, onGone: () => void): void {
  // required, since the binary's import map has no node:worker_threads
  const { MessageChannel } = module.createRequire(import.meta.url)("node:worker_threads");
  const { port1, port2 } = new MessageChannel();
  port1.once("close", onGone);
  port1.start();
  const line = port2 as unknown as MessagePort;
  const message: ToWorker = { type: "hold", line };
  worker.postMessage(message, [line]);
}

function dropPermissions(): void {
  for (const name of OWN_PERMISSIONS) Deno.permissions.revokeSync({ name });
}
