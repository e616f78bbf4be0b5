/** What the supervisor and the sandboxed worker say to each other. */
import type { Config } from "../config.ts";
import type { Job } from "../command.ts";

/**
 * From the supervisor. `hold` comes first, with one end of a line that nobody speaks on: it closes when
 * the worker is gone, however it went. `start` comes once, after the supervisor gave up its own
 * permissions.
 */
export type ToWorker =
  | { readonly type: "hold"; readonly line: MessagePort }
  | { readonly type: "start"; readonly job: Job; readonly config: Config }
  | { readonly type: "shut_down"; readonly signal: string };

/** From the worker. `loaded` comes once, `finished` is its last word. */
export type FromWorker =
  | { readonly type: "loaded" }
  | { readonly type: "finished"; readonly exitCode: number }
  | { readonly type: "died"; readonly kind: string; readonly frames: readonly string[] };
