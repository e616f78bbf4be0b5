/**
 * Asks the server to cancel the statement of another connection, over a connection opened for this alone.
 *
 * The driver can do this too. But if it fails, as it does when the server accepts no more connections,
 * the failure cannot be caught, and ends the process.
 *
 * Source: PostgreSQL documentation, "55.2.8 Canceling Requests in Progress".
 */
import { openSocket } from "./open_socket.ts";
import type { ServerSettings } from "./settings.ts";

/** What identifies a connection to the server: sent when it was opened. */
export interface Backend {
  readonly pid: number;
  readonly secret: number;
}

/** The code of the request, in the place of a protocol version. */
const CANCEL_REQUEST = 80877102;

/** Sends the request. The server does not respond to it; its effect shows on the other connection. */
export async function requestCancel(
  settings: ServerSettings,
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
