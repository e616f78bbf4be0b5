/**
 * Takes from the worker's realm what leads around its permissions. The runtime checks permissions where
 * it opens a file for a program, but not where its module loader reads one (a compiled program's takes
 * from the disk what is not embedded), and its internals show source lines that the loader read.
 *
 * - The internals: `destructureError` gives the line of any file that a script claims to be.
 * - Workers within the worker: each would begin with a realm of its own, and so with the internals.
 *
 * `import()` cannot be taken from a realm. In the binary the embedded import map maps files to nothing
 * (scripts/import_map.ts); from source, the loader asks for the permission to read.
 *
 * To be evaluated before anything else, since code that ran before may have kept a reference.
 */
import module from "node:module";

/** How the runtime keeps its internals for its own scripts. */
interface WithInternals {
  readonly internal: symbol;
  [internal: symbol]: { readonly nodeGlobals: unknown } | undefined;
}

const runtime = Deno as unknown as WithInternals;
// the runtime's wrapper of CommonJS modules takes `process`, `Buffer` and the like from there
const nodeGlobals = runtime[runtime.internal]?.nodeGlobals;
remove(Deno, runtime.internal);
runtime[runtime.internal] = Object.freeze({ nodeGlobals });

const threads: { Worker?: unknown } = module.createRequire(import.meta.url)("node:worker_threads");
remove(threads, "Worker");
remove(globalThis, "Worker");

/** A runtime that keeps them would be a sandbox with a hole: then there is none. */
function remove(object: object, key: PropertyKey): void {
  if (!Reflect.deleteProperty(object, key) || Reflect.has(object, key)) {
    throw new Error(`Cannot lock down the sandbox: "${String(key)}" stays`);
  }
}
