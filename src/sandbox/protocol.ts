/** The messages between the supervisor and the sandboxed worker. */
import type { Config } from "../config.ts";
import type { Command } from "../command.ts";
import type { Observation } from "../observations.ts";
import type { Screen } from "../standard_streams.ts";
import type { StopSignal } from "../stop_signals.ts";

/**
 * From the supervisor. `hold` comes first, with one end of a channel that is never written to: it closes
 * when the worker ends, for whatever reason. `start` comes once, after the supervisor gave up its own
 * permissions.
 */
export type ToWorker =
  | { readonly type: "hold"; readonly line: MessagePort }
  | {
    readonly type: "start";
    readonly command: Command;
    readonly config: Config;
    readonly screen: Screen;
    /** What the supervisor has to log. */
    readonly observations: readonly Observation[];
  }
  | { readonly type: "shut_down"; readonly signal: StopSignal };

/**
 * From the worker. `loaded` comes once, before the worker is evaluated, `receipt` for each line of the
 * receipt's file, `finished` last.
 */
export type FromWorker =
  | { readonly type: "loaded" }
  | { readonly type: "receipt"; readonly text: string }
  | { readonly type: "finished"; readonly exitCode: number }
  | { readonly type: "died"; readonly kind: string; readonly frames: readonly string[] };

/** What a worker's global scope has beyond a program's. */
export interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
}

/** The most stack frames that a message may hold. */
const MAX_FRAMES = 100;
/** The most characters of a receipt. */
const MAX_RECEIPT_CHARACTERS = 1_000_000;

/** The worker's message, or undefined: code that got into the sandbox may post anything. */
export function readMessage(data: unknown): FromWorker | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { type, exitCode, kind, frames, text } = data as Readonly<Record<string, unknown>>;
  if (type === "loaded") return { type };
  if (type === "receipt" && typeof text === "string" && text.length <= MAX_RECEIPT_CHARACTERS) {
    return { type, text };
  }
  if (type === "finished" && isExitCode(exitCode)) return { type, exitCode };
  if (type !== "died" || typeof kind !== "string" || !Array.isArray(frames)) return undefined;
  return { type, kind, frames: frames.slice(0, MAX_FRAMES).map(String) };
}

function isExitCode(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}
