/**
 * Asks the server to end what a connection of ours is doing, over a connection of its own.
 *
 * The driver can do this too, but where it fails, as when the server takes no more connections, nobody
 * could catch the failure, and it would end the process.
 *
 * Source: PostgreSQL documentation, "55.2.8 Canceling Requests in Progress".
 */
import { openSocket } from "./open_socket.ts";
import type { PostgresSettings } from "./settings.ts";

/** What the server told of a connection when it was opened. */
export interface Backend {
  readonly pid: number;
  readonly secret: number;
}

/** Stands in the place of a protocol's version. */
const CANCEL_REQUEST = 80877102;

/** Sends the request. There is no answer to it; what it does shows on the other connection. */
export async function requestCancel(
  settings: PostgresSettings,
  { pid, secret }: Backend,
  signal: AbortSignal,
): Promise<void> {
  const message = new DataView(new ArrayBuffer(16));
  [16, CANCEL_REQUEST, pid, secret].forEach((word, i) => message.setUint32(4 * i, word));
  const socket = await openSocket(settings, signal);
  const closed = Promise.withResolvers<void>();
  const abort = () => socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  socket.on("error", () => {}).once("close", () => closed.resolve());
  socket.end(new Uint8Array(message.buffer));
  await closed.promise;
  signal.removeEventListener("abort", abort);
}
