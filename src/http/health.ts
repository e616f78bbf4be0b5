/** `/healthz`, which is all of the API that has to answer before the rest of it is there. */

/** What it answers: the process is up. */
export const HEALTHY = { status: "ok" } as const;

/** Whether the request asks for it. */
export function asksForHealth({ method, url }: Request): boolean {
  return (method === "GET" || method === "HEAD") && new URL(url).pathname === "/healthz";
}
