/**
 * The pages for people: the console at `/`, and the API's page at `/docs`. Their files are embedded in the
 * program, loaded when somebody first asks for one, and sent with a policy under which a browser runs and
 * loads nothing but them, and talks to nobody but this server.
 */
import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "hono";
import { ServiceError } from "../../errors.ts";
import { problemResponses } from "../route_parts.ts";
import { indexOf, indexSchema } from "./index_document.ts";
import type { PageFile, PageFiles } from "./page_file.ts";

/** Where the console's page is; for callers that do not ask for a page, the index. */
const INDEX_PATH = "/";
/** Where the API's page is. */
const API_PAGE_PATH = "/docs";

/** Each page: where its files are, and which they are. */
const PAGES = [
  {
    path: INDEX_PATH,
    folder: "/console/",
    names: ["app.js", "app.css", "icon.svg"],
    load: () => import("./console_files.ts"),
  },
  {
    path: API_PAGE_PATH,
    folder: "/docs/",
    names: ["start.js", "swagger-ui.js", "swagger-ui.css", "page.css"],
    load: () => import("./api_page_files.ts"),
  },
] as const;

/** Every path of a page or of a file of one. */
export const PAGE_PATHS: readonly string[] = PAGES.flatMap(({ path, folder, names }) => [
  path,
  ...names.map((name) => folder + name),
]);

/**
 * Scripts, styles, images and requests from here alone; nothing inline. Swagger UI's style sheet has its
 * icons within it, as `data:`.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache", // it is asked for again, and seldom sent again: see `etag`
};

const indexRoute = createRoute({
  method: "get",
  path: INDEX_PATH,
  operationId: "getIndex",
  tags: ["About"],
  summary: "What there is: the index, or the console for a browser that asks for a page",
  responses: {
    200: {
      description: "The index, or the console",
      content: {
        "application/json": { schema: indexSchema },
        "text/html": { schema: { type: "string" } },
      },
    },
    ...problemResponses((code) => code === "not_found"),
  },
});

/** Adds the pages, their files, and the index. */
export function addPages<E extends Env>(app: OpenAPIHono<E>, version: string): void {
  app.openAPIRegistry.registerPath(indexRoute);
  for (const { path, folder, names, load } of PAGES) {
    app.get(path, async ({ req: { raw } }) => {
      if (path === INDEX_PATH && !asksForPage(raw)) {
        return Response.json(indexOf(version), { headers: { vary: "accept" } });
      }
      return fileResponse(raw, await load(), "index.html");
    });
    for (const name of names) {
      app.get(folder + name, async ({ req: { raw } }) => fileResponse(raw, await load(), name));
    }
  }
}

/** Whether a browser shows the response as a page: only then it names HTML. */
function asksForPage({ headers }: Request): boolean {
  return /\btext\/html\b/i.test(headers.get("accept") ?? "");
}

function fileResponse(
  { headers }: Request,
  { FILES }: { readonly FILES: PageFiles | undefined },
  name: string,
): Response {
  const file = FILES?.[name];
  if (file === undefined) {
    throw new ServiceError(
      "not_found",
      "Cannot handle the request: the pages are in the built program only, not in its sources",
    );
  }
  const sent = new Headers({ ...HEADERS, etag: file.etag, vary: "accept, accept-encoding" });
  if (isKnown(file.etag, headers.get("if-none-match"))) {
    return new Response(null, { status: 304, headers: sent });
  }
  sent.set("content-type", file.type);
  if (!takesGzip(headers)) return new Response(decompressed(file), { headers: sent });
  sent.set("content-encoding", "gzip");
  return new Response(Uint8Array.fromBase64(file.gzip), { headers: sent });
}

/** Whether the caller has the file already: RFC 9110 section 13.1.2, by weak comparison. */
function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  const known = (ifNoneMatch ?? "").split(",").map(opaque);
  return known.includes("*") || known.includes(opaque(etag));
}

function takesGzip(headers: Headers): boolean {
  const codings = (headers.get("accept-encoding") ?? "").split(",");
  return codings.some((each) => /^\s*gzip\s*(;\s*q=(1|0?\.\d*[1-9])\d*\s*)?$/i.test(each));
}

function decompressed({ gzip }: PageFile): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([Uint8Array.fromBase64(gzip)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
}
