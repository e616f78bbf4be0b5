/**
 * The connection to the server, encrypted as `sslmode` requires, before the protocol proper begins.
 *
 * The driver could do this. But if the host is an IP address, it has Deno compare the certificate with
 * the name "localhost"; it starts TLS with a server that has just declined it; and it keeps reconnecting
 * to a server that closes the connection early.
 *
 * Source: PostgreSQL documentation, "34.19 SSL Support" and "55.2.10 SSL Session Encryption".
 */
import net from "node:net";
import tls from "node:tls";
import { ServiceError } from "../../../errors.ts";
import type { PostgresSettings } from "./settings.ts";

/** SSLRequest: the message's length, and a code in the place of a protocol version. */
const SSL_REQUEST = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

const YES = "S".charCodeAt(0);
const NO = "N".charCodeAt(0);

/** Connects. Throws a `ServiceError`, the system's error, or the signal's reason if it is aborted. */
export async function openSocket(
  settings: PostgresSettings,
  signal: AbortSignal,
): Promise<net.Socket> {
  signal.throwIfAborted();
  const socket = net.connect({ host: settings.host, port: settings.port });
  socket.on("error", () => {}); // after the last `settled`, nobody else listens
  const abort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await settled(socket, "connect");
    return settings.sslMode === "disable" ? socket : await encrypted(socket, settings);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function encrypted(socket: net.Socket, settings: PostgresSettings): Promise<net.Socket> {
  let secure: tls.TLSSocket | undefined;
  const responded = settled<Uint8Array>(socket, "data");
  // within the event, since Deno reads on and would take the first bytes of TLS for ordinary data. More
  // than the one letter is not from a server that waits for TLS to begin: somebody has injected it
  socket.once("data", (response: Uint8Array) => {
    if (response.length === 1 && response[0] === YES) {
      secure = tls.connect(tlsOptions(socket, settings));
    }
  });
  socket.write(SSL_REQUEST);
  const response = await responded;
  if (secure !== undefined) {
    await settled(secure, "secureConnect");
    return secure;
  }
  if (response.length === 1 && response[0] === NO && isOptional(settings)) return socket;
  throw new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: the server has no TLS, which sslmode=${settings.sslMode} requires`,
  );
}

function isOptional({ sslMode }: PostgresSettings): boolean {
  return sslMode === "allow" || sslMode === "prefer";
}

function tlsOptions(
  socket: net.Socket,
  { host, sslMode, sslRootCert, sslCert, sslKey }: PostgresSettings,
): tls.ConnectionOptions {
  return {
    socket,
    host, // compared with the certificate, whether it is a name or an address
    ...(net.isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: sslMode === "verify-ca" || sslMode === "verify-full",
    ...(sslMode === "verify-ca" && { checkServerIdentity: () => undefined }),
    ...(sslRootCert !== undefined && { ca: sslRootCert }),
    ...(sslCert !== undefined && { cert: sslCert }),
    ...(sslKey !== undefined && { key: sslKey }),
  };
}

/** The argument of the socket's next `event`. Throws if the socket fails or closes before. */
async function settled<T>(
  socket: net.Socket,
  event: "connect" | "data" | "secureConnect",
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const closed = () => reject(closedEarly());
  socket.once(event, resolve).once("error", reject).once("close", closed);
  try {
    return await promise;
  } finally {
    socket.off(event, resolve).off("error", reject).off("close", closed);
  }
}

/** The failure of a connection that the server, or a proxy, closed without a response. */
export function closedEarly(): ServiceError {
  return new ServiceError(
    "database_unreachable",
    "Cannot connect to Postgres: the connection was closed before the server responded",
  );
}
