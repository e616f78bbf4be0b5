/** A client of the server, on a socket of this program: with the methods of authentication it allows. */
import { TLSSocket } from "node:tls";
import type { Decode } from "../protocol/backend_messages.ts";
import { Client } from "../protocol/client.ts";
import { methodCheck } from "./authentication.ts";
import { openSocket } from "./open_socket.ts";
import type { ServerSettings } from "./settings.ts";

/**
 * Connects. `decodeOf` says how the values of a type are decoded; undefined: they stay texts. When `signal`
 * is aborted before the session has begun, the socket is closed. Throws what `openSocket` and
 * `Client.start` throw.
 */
export async function openClient(
  settings: ServerSettings,
  signal: AbortSignal,
  decodeOf: (typeOid: number) => Decode | undefined,
): Promise<Client> {
  const socket = await openSocket(settings, signal);
  const abort = () => socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    const { user, password, database, applicationName, options, channelBinding } = settings;
    return await Client.start(socket, {
      user,
      password,
      database,
      parameters: { application_name: applicationName, ...(options && { options }) },
      checkMethod: methodCheck(socket, settings),
      channelBinding,
      certificate: socket instanceof TLSSocket ? certificateOf(socket) : undefined,
      decodeOf,
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The server's, in DER. */
function certificateOf(socket: TLSSocket): Uint8Array {
  return Uint8Array.from(socket.getPeerCertificate().raw);
}
