/**
 * Makes a few self-contained JavaScript files of the sources and of what they use of the packages,
 * for `deno compile` to embed instead of whole packages. Against embedding the packages, the binary
 * has 93 MB instead of 166 MB, /healthz answers after less than half the time, RSS is 75 MB instead
 * of 149 MB, and the sandbox takes no permission to read, without which CommonJS packages do not
 * find each other.
 */
import * as esbuild from "esbuild";
import { builtinModules } from "node:module";

/** What a bundle is made for, and of. */
export interface BundleOptions {
  /** The commit's name, as `--version` prints it. */
  readonly commit: string;
  /** Holds deno.json, src, and node_modules. The bundle names paths relative to it only. */
  readonly sourceDir: string;
  /** Where the files go. */
  readonly outDir: string;
}

/** Some packages import Node's modules as `os`; Deno knows them as `node:os` only. */
const nodePrefix: esbuild.Plugin = {
  name: "node-prefix",
  setup(build) {
    const names = new Set(builtinModules);
    build.onResolve({ filter: /^[a-z0-9_/]+$/ }, ({ path }) => {
      return names.has(path) ? { path: `node:${path}`, external: true } : undefined;
    });
  },
};

/** zod has its messages in 50 languages in one object, loaded at every start: 7 MB of memory. */
const onlyEnglish: esbuild.Plugin = {
  name: "only-english",
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => {
      return { contents: `export { default as en } from "./en.js";` };
    });
  },
};

/** The Databricks driver can open a browser to log in; the sandbox cannot, and is not to look for one. */
const noBrowser: esbuild.Plugin = {
  name: "no-browser",
  setup(build) {
    build.onResolve({ filter: /^open$/ }, ({ path }) => ({ path, namespace: "no-browser" }));
    build.onLoad({ filter: /.*/, namespace: "no-browser" }, () => {
      return { contents: `module.exports = () => { throw new Error("There is no browser"); };` };
    });
  },
};

/** Writes main.js, worker.js and their parts. Returns the paths of all sources that are in them. */
export async function bundle(options: BundleOptions): Promise<string[]> {
  const settings = {
    absWorkingDir: options.sourceDir,
    outdir: options.outDir,
    define: { TOKENIZE_COMMIT: JSON.stringify(options.commit) },
    bundle: true,
    splitting: true, // what is imported lazily stays apart
    format: "esm",
    target: "esnext",
    platform: "node",
    mainFields: ["module", "main"],
    conditions: ["deno", "module"],
    // For the Node modules that CommonJS packages require.
    banner: {
      js:
        'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    plugins: [nodePrefix, onlyEnglish, noBrowser],
  } as const satisfies esbuild.BuildOptions;
  // Apart, or the parts they share would be evaluated before the worker's first import.
  const main = await esbuild.build({ ...settings, entryPoints: ["src/main.ts"] });
  const worker = await esbuild.build({ ...settings, entryPoints: ["src/worker.ts"] });
  await esbuild.stop();
  await nameBundledWorker(`${options.outDir}/main.js`);
  return [...Object.keys(main.metafile.inputs), ...Object.keys(worker.metafile.inputs)];
}

/** The supervisor names the worker's source file. */
async function nameBundledWorker(file: string): Promise<void> {
  const [before, after, ...more] = (await Deno.readTextFile(file)).split(`"../worker.ts"`);
  if (after === undefined || more.length > 0) {
    throw new Error(`Cannot bundle: "../worker.ts" does not stand once in ${file}`);
  }
  await Deno.writeTextFile(file, `${before}"./worker.js"${after}`);
}
