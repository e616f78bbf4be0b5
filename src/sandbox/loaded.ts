/**
 * Says that all of the worker's code is there, and so that the supervisor may give up its permissions. It does
 * that while the rest of the worker is evaluated. To be imported before that, and after `lock_down.ts`.
 */
import type { WorkerScope } from "./protocol.ts";

(globalThis as unknown as WorkerScope).postMessage({ type: "loaded" });
