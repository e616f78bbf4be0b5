/** Lets other processes use the controls: each method of `WarehouseControl` by name, over loopback. */
import type { WarehouseControl } from "./control.ts";

/** The methods that may be called; `address` is a property and has a path of its own. */
export const CONTROL_METHODS = [
  "sql",
  "addFault",
  "faultState",
  "waitForHits",
  "release",
  "removeFault",
  "requests",
  "queryHistory",
  "connections",
  "putSecret",
  "setOauthTokenLifetime",
  "revokeOauthTokens",
  "reset",
] as const satisfies readonly Exclude<keyof WarehouseControl, "address">[];

export type ControlMethod = (typeof CONTROL_METHODS)[number];

/** Serves `control` until the signal aborts, and gives the port back. */
export function serveControl(control: WarehouseControl, signal: AbortSignal): number {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal };
  const server = Deno.serve(options, async (request) => {
    const name = new URL(request.url).pathname.slice(1);
    if (name === "address") return Response.json(control.address);
    const method = CONTROL_METHODS.find((candidate) => candidate === name);
    if (!method || request.method !== "POST") return new Response("not found", { status: 404 });
    try {
      const args = await request.json() as never[];
      const call = control[method].bind(control) as (...args: never[]) => Promise<unknown>;
      return Response.json({ value: await call(...args) });
    } catch (error) {
      return Response.json({ error: (error as Error).message }, { status: 500 });
    }
  });
  return server.addr.port;
}
