/** `/healthz`: the only part of the API that responds before the rest is loaded. */

/** Its response: the process is up. */
export const HEALTHY = { status: "ok" } as const;

/** Whether this is that response, as JSON. */
export function isHealthy(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "status" in answer &&
    answer.status === HEALTHY.status;
}

/** Whether this is a request for it. */
export function asksForHealth({ method, url }: Request): boolean {
  return (method === "GET" || method === "HEAD") && new URL(url).pathname === "/healthz";
}
