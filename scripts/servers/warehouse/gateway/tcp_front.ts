const CUT_DELAY_MS = 100;

interface Pair {
  readonly outside: Deno.TcpConn;
  readonly inside: Deno.TcpConn;
  /** How many bytes may still go to the client. */
  allowance: number;
}

/**
 * A plain TCP port in front of a TLS listener. A TLS connection always ends with a closing message; the
 * TCP connection in front of it can be cut without one, as networks do.
 */
export class TcpFront {
  readonly port: number;
  private readonly listener: Deno.TcpListener;
  /** By the local port of the connection to the TLS listener, which that sees as the remote port. */
  private readonly pairs = new Map<number, Pair>();

  constructor(hostname: string, private readonly tlsPort: number) {
    this.listener = Deno.listen({ hostname, port: 0 });
    this.port = this.listener.addr.port;
    void this.accept(hostname);
  }

  /** Cuts the connection that the TLS listener knows by its remote port. */
  cut(remotePort: number): void {
    const pair = this.pairs.get(remotePort);
    if (!pair) return;
    closeQuietly(pair.outside);
    closeQuietly(pair.inside);
  }

  /** Cuts the connection after this many more bytes to the client. */
  cutAfter(remotePort: number, bytes: number): void {
    const pair = this.pairs.get(remotePort);
    if (pair) pair.allowance = bytes;
  }

  close(): void {
    closeQuietly(this.listener);
    for (const port of this.pairs.keys()) this.cut(port);
  }

  private async accept(hostname: string): Promise<void> {
    for (;;) {
      try {
        const outside = await this.listener.accept();
        void this.join(outside, await Deno.connect({ hostname, port: this.tlsPort }));
      } catch {
        return; // closed
      }
    }
  }

  private async join(outside: Deno.TcpConn, inside: Deno.TcpConn): Promise<void> {
    const { port } = inside.localAddr;
    const pair: Pair = { outside, inside, allowance: Infinity };
    this.pairs.set(port, pair);
    await Promise.all([
      outside.readable.pipeTo(inside.writable).catch(() => {}),
      inside.readable.pipeThrough(this.watch(port, pair)).pipeTo(outside.writable).catch(() => {}),
    ]);
    this.pairs.delete(port);
  }

  private watch(port: number, pair: Pair): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: async (bytes, stream) => {
        pair.allowance -= bytes.length;
        if (pair.allowance > 0) return stream.enqueue(bytes);
        await pair.outside.write(bytes);
        // the client should have read them before the connection ends
        setTimeout(() => this.cut(port), CUT_DELAY_MS);
      },
    });
  }
}

/** Closes what may be closed already. */
export function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
