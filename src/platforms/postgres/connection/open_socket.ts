/**
 * The connection to the server, encrypted as `sslmode` requires, before the protocol proper begins.
 *
 * By node:tls, which can do without a check of the certificate, as `sslmode=require` has it; Deno's own
 * functions cannot. What is peculiar to it in Deno 2.6 is said where it matters.
 *
 * Source: PostgreSQL documentation, "34.19 SSL Support" and "55.2.10 SSL Session Encryption".
 */
import net from "node:net";
import tls from "node:tls";
import { ServiceError } from "../../../errors.ts";
import type { ServerSettings } from "./settings.ts";

/** SSLRequest: the message's length, and a code in the place of a protocol version. */
const SSL_REQUEST = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

const YES = "S".charCodeAt(0);
const NO = "N".charCodeAt(0);

/** Connects. Throws a `ServiceError`, the system's error, or the signal's reason if it is aborted. */
export async function openSocket(
  settings: ServerSettings,
  signal: AbortSignal,
): Promise<net.Socket> {
  signal.throwIfAborted();
  const socket = net.connect({ host: settings.address, port: settings.port });
  socket.on("error", () => {}); // after the last `settled`, nobody else listens
  const abort = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const secure = await connected(socket, settings);
    if (secure !== undefined) settings.onEncrypted?.();
    return secure ?? socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Waits until the socket is connected, with TLS or, if that is undefined, without. */
async function connected(
  socket: net.Socket,
  settings: ServerSettings,
): Promise<tls.TLSSocket | undefined> {
  if (settings.encryption !== "none" && settings.sslNegotiation === "direct") {
    return await encryptedAtOnce(socket, settings);
  }
  await settled(socket, "connect");
  return settings.encryption === "none" ? undefined : await encryptedOnRequest(socket, settings);
}

/** TLS after a request for it; undefined if the server has none, which is fine if it is optional. */
async function encryptedOnRequest(
  socket: net.Socket,
  settings: ServerSettings,
): Promise<tls.TLSSocket | undefined> {
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
  if (secure !== undefined) return await handshake(secure, settings);
  if (response.length !== 1 || response[0] !== NO) {
    throw refusal("the server responded to the request for TLS with something else");
  }
  if (settings.encryption === "optional") return undefined;
  const { channelBinding, sslMode } = settings;
  const wish = channelBinding === "require" ? "channel_binding=require" : `sslmode=${sslMode}`;
  throw refusal(`the server has no TLS, which ${wish} requires`);
}

/** The name of the protocol within TLS, by which a server knows that TLS begins at once. */
const PROTOCOL_NAME = "postgresql";

/** TLS at once. A server that does not know of that closes the connection. */
async function encryptedAtOnce(
  socket: net.Socket,
  settings: ServerSettings,
): Promise<tls.TLSSocket> {
  let secure: tls.TLSSocket | undefined;
  // within the event, for the same reason
  socket.once("connect", () => {
    secure = tls.connect({ ...tlsOptions(socket, settings), ALPNProtocols: [PROTOCOL_NAME] });
  });
  await settled(socket, "connect");
  await handshake(secure!, settings).catch((error) => {
    throw /end of file/.test(String(error)) ? noDirectTls() : error;
  });
  if (secure!.alpnProtocol !== PROTOCOL_NAME) throw noDirectTls();
  return secure!;
}

function noDirectTls(): ServiceError {
  return refusal(
    "the server does not begin with TLS: sslnegotiation=direct needs PostgreSQL 17 or later",
  );
}

/** How Deno reports, in rustls' words, that the two sides cannot agree. */
const NOTHING_IN_COMMON = /ProtocolVersion|HandshakeFailure|PeerIncompatible/;

async function handshake(secure: tls.TLSSocket, settings: ServerSettings): Promise<tls.TLSSocket> {
  secure.on("error", () => {}); // as for the socket below
  try {
    await settled(secure, "secureConnect");
    // Deno emits it even if the handshake failed: then the error follows
    if (!hasCertificate(secure)) await settled(secure, "secureConnect");
    return secure;
  } catch (error) {
    if (NOTHING_IN_COMMON.test(String(error))) {
      throw refusal("the server has no TLS of version 1.2 or later, or no cipher in common");
    }
    if (settings.encryption !== "optional") throw error;
    throw refusal("TLS with the server failed");
  }
}

function hasCertificate(secure: tls.TLSSocket): boolean {
  return (secure.getPeerCertificate() as tls.PeerCertificate | null)?.raw !== undefined;
}

/** What this program does not accept. */
function refusal(reason: string): ServiceError {
  return new ServiceError("database_unreachable", `Cannot connect to Postgres: ${reason}`, {
    cause: "TLS",
  });
}

function tlsOptions(
  socket: net.Socket,
  { host, sslMode, sslRootCert, sslCert, sslKey }: ServerSettings,
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
