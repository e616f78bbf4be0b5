/** Ports for servers of the tests' own. */

/** Whether nothing listens on a port of this machine. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/**
 * A port that nothing listens on at the moment. It is none of those that systems give to outgoing
 * connections, one of which could take it before it is used.
 */
export function freePort(): number {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    if (isFree(port)) return port;
  }
}
