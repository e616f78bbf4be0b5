/** A TCP relay to a server on this machine, which misbehaves on command. */

/** A relay that runs; disposing of it ends its connections. */
export interface FlakyRelay extends AsyncDisposable {
  readonly port: number;
  /**
   * - `cut`: every connection ends at once, on both sides.
   * - `half-close`: nothing more goes to the server, which hears of the end; its answers still come.
   * - `delay`: from now on everything arrives some milliseconds late.
   */
  misbehave(how: "cut" | "half-close" | "delay"): void;
}

const DELAY_MS = 15;

/** Relays to `targetPort`. */
export function startFlakyRelay(targetPort: number): FlakyRelay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const pairs = new Set<readonly [client: Deno.TcpConn, server: Deno.TcpConn]>();
  let delayMs = 0;
  let isDown = false;
  const serve = async (client: Deno.TcpConn) => {
    if (isDown) return close(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: targetPort });
    const pair = [client, server] as const;
    pairs.add(pair);
    const delay = () => delayMs;
    await Promise.all([pump(client, server, delay), pump(server, client, delay)]);
    pairs.delete(pair);
    pair.forEach(close);
  };
  const serving = (async () => {
    for await (const client of listener) serve(client).catch(() => close(client));
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    misbehave(how) {
      if (how === "delay") delayMs = DELAY_MS;
      else isDown = true;
      for (const [client, server] of pairs) {
        if (how === "cut") [client, server].forEach(close);
        if (how === "half-close") server.closeWrite().catch(() => {});
      }
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const pair of pairs) pair.forEach(close);
      await serving;
    },
  };
}

async function pump(from: Deno.Conn, to: Deno.TcpConn, delayMs: () => number): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  try {
    for (let size; (size = await from.read(buffer)) !== null;) {
      if (delayMs() > 0) await new Promise((resolve) => setTimeout(resolve, delayMs()));
      for (let done = 0; done < size;) done += await to.write(buffer.subarray(done, size));
    }
    await to.closeWrite();
  } catch {
    close(to);
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}
