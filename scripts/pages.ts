/**
 * Makes the files of the pages that the program serves: the console, of `src/console`, and the API's page,
 * of Swagger UI. They stand in the binary as JavaScript modules, since the sandbox may read no file.
 */
import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { PageFile } from "../src/http/pages/page_file.ts";

/** Files of a page, and the paths of all that they were made of. */
interface Page {
  readonly files: Readonly<Record<string, PageFile>>;
  readonly inputs: readonly string[];
}

const SWAGGER_UI = "node_modules/swagger-ui-dist";
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * Puts the files of both pages in the place of the modules that stand for them. `inputs` gets the paths
 * of what they were made of.
 */
export function embeddedPages(sourceDir: string, inputs: Set<string>): esbuild.Plugin {
  const pages = { console: consolePage, api_page: apiPage };
  return {
    name: "embedded-pages",
    setup(build) {
      build.onLoad({ filter: /\/http\/pages\/(console|api_page)_files\.ts$/ }, async ({ path }) => {
        const name = /(console|api_page)_files\.ts$/.exec(path)![1] as keyof typeof pages;
        const page = await pages[name](sourceDir);
        for (const input of page.inputs) inputs.add(input);
        return { contents: `export const FILES = ${JSON.stringify(page.files)};` };
      });
    },
  };
}

/** Page, script and style of the console. */
async function consolePage(sourceDir: string): Promise<Page> {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: sourceDir,
    entryPoints: { app: "src/console/main.tsx", style: "src/console/style/app.css" },
    outdir: "console",
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const output = (ending: string) =>
    outputFiles.find(({ path }) => path.endsWith(ending))!.contents;
  const read = (name: string) => Deno.readFile(`${sourceDir}/src/console/${name}`);
  return {
    files: {
      "index.html": pageFile("html", await read("index.html")),
      "app.js": pageFile("js", output("/app.js")),
      "app.css": pageFile("css", output("/style.css")),
      "icon.svg": pageFile("svg", await read("icon.svg")),
    },
    inputs: Object.keys(metafile.inputs),
  };
}

/** Swagger UI as it is published, and the few lines that start it. */
async function apiPage(sourceDir: string): Promise<Page> {
  const real = await Deno.realPath(`${sourceDir}/${SWAGGER_UI}`);
  const published = (name: string) => Deno.readFile(`${real}/${name}`);
  const own = (name: string) => Deno.readFile(`${sourceDir}/src/http/pages/api_page.${name}`);
  return {
    files: {
      "index.html": pageFile("html", await own("html")),
      "start.js": pageFile("js", await own("js")),
      "page.css": pageFile("css", await own("css")),
      "swagger-ui.js": pageFile("js", await published("swagger-ui-bundle.js")),
      "swagger-ui.css": pageFile("css", await published("swagger-ui.css")),
    },
    inputs: [`${real.slice(real.indexOf("node_modules/"))}/swagger-ui-bundle.js`],
  };
}

function pageFile(ending: string, bytes: Uint8Array): PageFile {
  const digest = createHash("sha256").update(bytes).digest("hex");
  return {
    type: TYPES[ending]!,
    etag: `W/"${digest.slice(0, 32)}"`, // weak: the same for each content coding,
    gzip: gzipSync(bytes, { level: 9 }).toString("base64"),
  };
}
