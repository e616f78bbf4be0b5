/**
 * The connection to the server, encrypted as `sslmode` says, before a word of the protocol proper.
 *
 * The driver could do this. But where a host is an IP address, it has Deno compare the certificate
 * with the name "localhost"; it starts TLS with a server that has just declined it; and it connects
 * again and again to a server that closes the connection early.
 *
 * Source: PostgreSQL documentation, "34.19 SSL Support" and "55.2.10 SSL Session Encryption".
 */
import net from "node:net";
import tls from "node:tls";
import { ServiceError } from "../../../errors.ts";
import type { PostgresSettings } from "./settings.ts";

/** "Do you speak TLS?": its own length, and a number that is no protocol's version. */
const SSL_REQUEST = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

const YES = "S".charCodeAt(0);
const NO = "N".charCodeAt(0);

/** Connects. Throws a `ServiceError` or what the system reports; the signal's reason if aborted. */
export async function openSocket(
  settings: PostgresSettings,
  signal: AbortSignal,
): Promise<net.Socket> {
  signal.throwIfAborted();
  const socket = net.connect({ host: settings.host, port: settings.port });
  socket.on("error", () => {}); // one that comes when nobody waits for the socket any more
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
  const answered = settled<Uint8Array>(socket, "data");
  // at once, within the event: Deno reads on, and would take TLS' first bytes for ordinary data;
  // anything beyond the one letter was not sent by a server that waits for TLS to begin
  socket.once("data", (answer: Uint8Array) => {
    if (answer.length === 1 && answer[0] === YES) {
      secure = tls.connect(tlsOptions(socket, settings));
    }
  });
  socket.write(SSL_REQUEST);
  const answer = await answered;
  if (secure !== undefined) {
    await settled(secure, "secureConnect");
    return secure;
  }
  if (answer.length === 1 && answer[0] === NO && isOptional(settings)) return socket;
  throw new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: the server has no TLS, which sslmode=${settings.sslMode} asks for`,
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
    host, // compared with the certificate, be it a name or an address
    ...(net.isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: sslMode === "verify-ca" || sslMode === "verify-full",
    ...(sslMode === "verify-ca" && { checkServerIdentity: () => undefined }),
    ...(sslRootCert !== undefined && { ca: sslRootCert }),
    ...(sslCert !== undefined && { cert: sslCert }),
    ...(sslKey !== undefined && { key: sslKey }),
  };
}

/** What the socket's next `event` brings. Throws where it fails or closes before. */
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

/** The failure of a connection that the server, or something before it, closed without a word. */
export function closedEarly(): ServiceError {
  return new ServiceError(
    "database_unreachable",
    "Cannot connect to Postgres: the connection was closed before the server answered",
  );
}
