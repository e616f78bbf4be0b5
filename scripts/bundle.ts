/**
 * Makes a few self-contained JavaScript files of the sources and of what they use of the packages,
 * for `deno compile` to embed instead of whole packages: 4.8 MB of code instead of 74. The runtime reads
 * and copies all that is embedded at each start, at a millisecond and a megabyte of memory a megabyte. And
 * the sandbox takes no permission to read, without which CommonJS packages do not find each other.
 */
import * as esbuild from "esbuild";
import { builtinModules } from "node:module";
import { embeddedPages } from "./pages.ts";

/**
 * What is loaded first. Nothing is shared between them, or it would be evaluated before writing is given up
 * and the worker's realm is locked down; and what a half loads at its start can be one file beside its own.
 */
const ENTRIES = [
  "main",
  "worker",
  "main_entry",
  "worker_entry",
  "sandbox/no_writing",
  "sandbox/lock_down",
  "sandbox/loaded",
];

type Outputs = esbuild.Metafile["outputs"];

/** For the Node modules that CommonJS packages require. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);\n';

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

/** Of deno.json the program reads its version; the rest is about making it. */
const onlyVersion: esbuild.Plugin = {
  name: "only-version",
  setup(build) {
    build.onLoad({ filter: /\/deno\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await Deno.readTextFile(path));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/**
 * What the Databricks driver can do and the sandbox cannot: open a browser to log in, and use a proxy.
 * With its interpreter for proxies' scripts, the latter would be a quarter of all code.
 */
const notInSandbox: esbuild.Plugin = {
  name: "not-in-sandbox",
  setup(build) {
    build.onResolve({ filter: /^(open|proxy-agent)$/ }, ({ path }) => {
      return { path, namespace: "not-in-sandbox" };
    });
    build.onLoad({ filter: /.*/, namespace: "not-in-sandbox" }, ({ path }) => {
      const refuse = `function () { throw new Error("The sandbox has no ${path}"); }`;
      return { contents: `module.exports = ${refuse}; module.exports.ProxyAgent = ${refuse};` };
    });
  },
};

/**
 * Makes one file of what an entry loads at its start, where it would be dozens, each of which takes its time.
 * esbuild puts into one file what is loaded for the same reasons, so each source that is loaded later is
 * made to need all that is there by then. `outputs` are those without this.
 */
function oneFileAtStart(outputs: Outputs, entry: string): esbuild.Plugin {
  const sources = [...loaded(outputs, outputOf(outputs, entry), "at the start")]
    .flatMap((path) => Object.keys(outputs[path]!.inputs))
    .filter((source) => source.startsWith("src/") && source !== entry);
  const later = new Set(Object.values(outputs).map(({ entryPoint }) => entryPoint));
  later.delete(entry);
  return {
    name: "one-file-at-start",
    setup(build) {
      const { absWorkingDir: dir } = build.initialOptions;
      const imports = sources.map((source) => `import "${dir}/${source}";`).join("");
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        if (!later.has(path.slice(dir!.length + 1))) return undefined;
        return { contents: `${await Deno.readTextFile(path)}\n${imports}`, loader: "ts" };
      });
    },
  };
}

/** The supervisor names the source file of the worker's entry. */
const bundledEntry: esbuild.Plugin = {
  name: "bundled-entry",
  setup(build) {
    build.onLoad({ filter: /\/sandbox\/supervisor\.ts$/ }, async ({ path }) => {
      const [before, after, ...more] = (await Deno.readTextFile(path)).split(
        `"../worker_entry.ts"`,
      );
      if (after === undefined || more.length > 0) {
        throw new Error(`Cannot bundle: "../worker_entry.ts" does not stand once in ${path}`);
      }
      return { contents: `${before}"./worker_entry.js"${after}`, loader: "ts" };
    });
  },
};

/** node-fetch takes URL from here only where Node.js has none, and its table of characters is large. */
const runtimesUrl: esbuild.Plugin = {
  name: "runtimes-url",
  setup(build) {
    build.onResolve(
      { filter: /^whatwg-url$/ },
      ({ path }) => ({ path, namespace: "runtimes-url" }),
    );
    build.onLoad({ filter: /.*/, namespace: "runtimes-url" }, () => {
      return { contents: "export default { URL, URLSearchParams };" };
    });
  },
};

/** What the entries import stays apart: what modules share would be evaluated before it. */
const oneAfterTheOther: esbuild.Plugin = {
  name: "one-after-the-other",
  setup(build) {
    build.onResolve(
      { filter: /\/(no_writing|lock_down|loaded|main|worker)\.ts$/ },
      ({ kind, path }) => {
        if (kind !== "import-statement") return undefined;
        return { path: path.replace(/^.*\/(.*)\.ts$/, "./$1.js"), external: true };
      },
    );
  },
};

/**
 * Writes main_entry.js, worker_entry.js, what they import, and the parts of that. Returns the paths of all
 * sources that are in them.
 */
export async function bundle(options: BundleOptions): Promise<string[]> {
  const inputs = new Set<string>();
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
    banner: { js: REQUIRE.trimEnd() },
    legalComments: "none",
    // The runtime reads all of it at each start. Names and lines stay, for stack frames.
    minifyWhitespace: true,
    lineLimit: 100,
    metafile: true,
    logLevel: "warning",
    plugins: [
      nodePrefix,
      onlyEnglish,
      onlyVersion,
      notInSandbox,
      runtimesUrl,
      oneAfterTheOther,
      bundledEntry,
      embeddedPages(options.sourceDir, inputs),
    ],
  } as const satisfies esbuild.BuildOptions;
  const used = new Set<string>();
  for (const name of ENTRIES) {
    const source = `src/${name}.ts`;
    const entryPoints = [{ in: source, out: fileName(name) }];
    const { metafile: before } = await esbuild.build({ ...settings, entryPoints, write: false });
    const plugins = [...settings.plugins, oneFileAtStart(before.outputs, source)];
    const { metafile } = await esbuild.build({ ...settings, entryPoints, plugins });
    for (const input of Object.keys(metafile.inputs)) inputs.add(input);
    const { outputs } = metafile;
    for (const path of loaded(outputs, outputOf(outputs, source), "at any time")) {
      used.add(fileName(path));
    }
  }
  await esbuild.stop();
  await removeOthers(options.outDir, used);
  for (const name of used) await requireWhereUsed(`${options.outDir}/${name}`);
  return [...inputs];
}

/** A path's last part. */
function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of the output that is made of an entry. */
function outputOf(outputs: Outputs, source: string): string {
  return Object.keys(outputs).find((path) => outputs[path]!.entryPoint === source)!;
}

/** An output, and those that it loads. */
function loaded(
  outputs: Outputs,
  first: string,
  when: "at the start" | "at any time",
): ReadonlySet<string> {
  const paths = new Set([first]);
  for (const path of paths) {
    for (const { path: imported, kind } of outputs[path]!.imports) {
      const isLoaded = when === "at any time" || kind !== "dynamic-import";
      if (isLoaded && imported in outputs) paths.add(imported);
    }
  }
  return paths;
}

/** What only code imports that is left out itself is written all the same. */
async function removeOthers(dir: string, used: ReadonlySet<string>): Promise<void> {
  for await (const { name } of Deno.readDir(dir)) {
    if (!used.has(name)) await Deno.remove(`${dir}/${name}`);
  }
}

/** Each file would make a `require` when it is loaded, and few use it. */
async function requireWhereUsed(file: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  const code = text.slice(REQUIRE.length);
  if (text.startsWith(REQUIRE) && !/\brequire\b/.test(code)) await Deno.writeTextFile(file, code);
}
