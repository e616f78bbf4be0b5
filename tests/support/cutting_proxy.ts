/** A proxy to a server that cuts connections, each when its client sends something in particular. */

/** A proxy that runs. */
export interface CuttingProxy extends Disposable {
  /** On 127.0.0.1. */
  readonly port: number;
}

/**
 * Starts a proxy. A connection is cut, before anything is passed on, when its client sends a text for
 * which `cuts` gives true.
 */
export function startCuttingProxy(
  target: Deno.ConnectOptions,
  cuts: (text: string) => boolean,
): CuttingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const close = (...connections: Deno.Conn[]) => {
    for (const each of connections) if (open.delete(each)) each.close();
  };
  const pump = async (from: Deno.Conn, to: Deno.Conn, passes: (text: string) => boolean) => {
    const buffer = new Uint8Array(65536);
    try {
      for (let size; (size = await from.read(buffer)) !== null;) {
        const bytes = buffer.subarray(0, size);
        if (!passes(new TextDecoder().decode(bytes))) break;
        for (let at = 0; at < size;) at += await to.write(bytes.subarray(at));
      }
    } finally {
      close(from, to);
    }
  };
  (async () => {
    for await (const client of listener) {
      const server = await Deno.connect(target);
      open.add(client).add(server);
      pump(client, server, (text) => !cuts(text)).catch(() => {});
      pump(server, client, () => true).catch(() => {});
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      close(...open);
    },
  };
}
