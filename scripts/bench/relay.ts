/** A TCP relay that counts round trips, and can make the way longer. */

/** A relay that runs; disposing of it ends its connections. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** How often, so far, something was sent to the server after something came from it. */
  roundTrips(): number;
}

/** Relays to a port of this machine; everything arrives `delayMs` milliseconds later, either way. */
export function startRelay(targetPort: number, delayMs: number): Relay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let roundTrips = 0;
  const serve = async (client: Deno.TcpConn) => {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: targetPort });
    for (const each of [client, server]) {
      each.setNoDelay(true);
      open.add(each);
    }
    let isAnswered = true;
    const up = pump(client, server, delayMs, () => {
      if (isAnswered) roundTrips++;
      isAnswered = false;
    });
    const down = pump(server, client, delayMs, () => isAnswered = true);
    await Promise.all([up, down]);
    for (const each of [client, server]) {
      open.delete(each);
      close(each);
    }
  };
  const serving = (async () => {
    for await (const client of listener) serve(client).catch(() => {});
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    roundTrips: () => roundTrips,
    async [Symbol.asyncDispose]() {
      listener.close();
      open.forEach(close);
      await serving;
    },
  };
}

async function pump(
  from: Deno.Conn,
  to: Deno.Conn,
  delayMs: number,
  onChunk: () => void,
): Promise<void> {
  let sent = Promise.resolve();
  const buffer = new Uint8Array(1 << 16);
  try {
    for (let size; (size = await from.read(buffer)) !== null;) {
      onChunk();
      const chunk = buffer.slice(0, size);
      const due = delayMs === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => setTimeout(resolve, delayMs));
      sent = sent.then(() => due).then(() => writeAll(to, chunk));
      sent.catch(() => {}); // a failure is met at the end, maybe after a further read
    }
    await sent;
    await (to as Deno.TcpConn).closeWrite();
  } catch {
    close(to);
  }
}

async function writeAll(to: Deno.Conn, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) done += await to.write(chunk.subarray(done));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}
