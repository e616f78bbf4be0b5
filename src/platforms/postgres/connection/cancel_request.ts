/**
 * Asks the server to cancel the statement of another connection, over a connection opened for this alone.
 *
 * Source: PostgreSQL documentation, "55.2.8 Canceling Requests in Progress".
 */
import type { Backend } from "../protocol/backend_messages.ts";
import { openSocket } from "./open_socket.ts";
import type { ServerSettings } from "./settings.ts";

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
