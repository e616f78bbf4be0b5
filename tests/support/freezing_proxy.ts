/**
 * A proxy to a server that can freeze: connections stay open, and nothing passes through; or that holds new
 * connections only.
 */

/** A proxy that runs. */
export interface FreezingProxy extends Disposable {
  /** On 127.0.0.1. */
  readonly port: number;
  freeze(): void;
  holdNew(): void;
}

/** Starts a proxy to a server. */
export function startFreezingProxy(target: Deno.ConnectOptions): FreezingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  let isFrozen = false;
  let holdsNew = false;
  const pump = async (from: Deno.Conn, to: Deno.Conn) => {
    const buffer = new Uint8Array(65536);
    for (;;) {
      const size = await from.read(buffer);
      if (size === null) return to.close();
      if (isFrozen) return;
      for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
    }
  };
  (async () => {
    for await (const client of listener) {
      connections.push(client);
      if (isFrozen || holdsNew) continue;
      const server = await Deno.connect(target);
      connections.push(server);
      for (const each of [pump(client, server), pump(server, client)]) each.catch(() => {});
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    freeze: () => void (isFrozen = true),
    holdNew: () => void (holdsNew = true),
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // the other side was first
        }
      }
    },
  };
}
