/**
 * How the server may ask this program to authenticate. A server that asks for the password itself gets
 * it, and so does everybody on the way: therefore only on a connection that others cannot read, unless
 * the settings allow it. An MD5 digest of the password is hardly better.
 *
 * Source: PostgreSQL documentation, "34.1.2 Parameter Key Words" (`require_auth`), "55.2.1 Start-up"
 * and "55.7 Message Formats".
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { ServiceError } from "../../../errors.ts";
import { isLoopback } from "../../../host_name.ts";

/** What a server can ask for, in libpq's words. */
export const AUTH_METHODS = [
  "password",
  "md5",
  "gss",
  "sspi",
  "scram-sha-256",
  "oauth",
  "none",
] as const;

/** A value of libpq's `require_auth`. */
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** Without a setting, on a connection that others may read: the password must not be in what is sent. */
const WITHOUT_TLS: readonly AuthMethod[] = ["scram-sha-256", "none"];

/** A message of the server about authentication: its type, its length, and a code. */
const AUTHENTICATION = "R".charCodeAt(0);
const HEADER_BYTES = 9;
const OK = 0;
const SASL = 10;
const SASL_FINAL = 12;
/** The codes that ask for a method. */
const METHODS: Readonly<Record<number, AuthMethod>> = {
  3: "password",
  5: "md5",
  7: "gss",
  9: "sspi",
  [SASL]: "scram-sha-256",
};
/** No message until the end of authentication is as long. */
const MAX_BYTES = 64 * 1024;

/**
 * The methods that `require_auth` allows: those that it lists, or all but those that it lists with a
 * "!". Undefined if it is no such list.
 */
export function parseRequireAuth(text: string): readonly AuthMethod[] | undefined {
  const items = text.split(",").map((each) => each.trim());
  const negated = items.filter((each) => each.startsWith("!")).length;
  const names = items.map((each) => each.replace(/^!/, ""));
  const methods = AUTH_METHODS.filter((each) => names.includes(each));
  const isMixed = negated > 0 && negated < items.length;
  if (isMixed || methods.length < items.length) return undefined;
  return negated === 0 ? methods : AUTH_METHODS.filter((each) => !methods.includes(each));
}

/** The settings that count here. */
export interface AuthSettings {
  readonly address: string;
  /** Undefined: every method, unless it would give the password to others. */
  readonly requireAuth: readonly AuthMethod[] | undefined;
}

/**
 * Follows the server's messages until it has let this program in. Destroys the socket, with a
 * `ServiceError`, when the server asks for something that is not allowed, or does not prove that it
 * knows the password although it should. To be called before anyone else listens for data.
 */
export function guardAuthentication(socket: Socket, { address, requireAuth }: AuthSettings): void {
  const isPrivate = socket instanceof TLSSocket || isLoopback(address);
  const exchange = new Exchange((method) => {
    const allowed = requireAuth ?? (isPrivate ? AUTH_METHODS : WITHOUT_TLS);
    if (!allowed.includes(method)) throw notAllowed(method, requireAuth === undefined);
  });
  const follow = (piece: Uint8Array) => {
    try {
      exchange.read(piece);
      if (exchange.isOver) socket.off("data", follow);
    } catch (error) {
      socket.off("data", follow);
      socket.destroy(error as ServiceError);
    }
  };
  socket.on("data", follow);
}

/** The start of a connection, as far as it concerns authentication. */
class Exchange {
  readonly #check: (method: AuthMethod) => void;
  /** What came and was not read yet. */
  #bytes = new Uint8Array(0);
  #method: AuthMethod = "none";
  #isProven = true;
  isOver = false;

  /** `check` is called with each method that the server asks for, and throws if it is not allowed. */
  constructor(check: (method: AuthMethod) => void) {
    this.#check = check;
  }

  /** Reads what the server sent. Throws what `check` throws. */
  read(piece: Uint8Array): void {
    const bytes = new Uint8Array(this.#bytes.length + piece.length);
    bytes.set(this.#bytes);
    bytes.set(piece, this.#bytes.length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (!this.isOver && bytes.length - at >= HEADER_BYTES) {
      const length = 1 + view.getInt32(at + 1);
      if (length < 5 || length > MAX_BYTES) throw unreachable("does not speak its protocol");
      if (bytes.length - at < length) break;
      if (bytes[at] === AUTHENTICATION) this.#request(view.getInt32(at + 5));
      at += length;
    }
    this.#bytes = bytes.subarray(at);
  }

  #request(code: number): void {
    this.#method = METHODS[code] ?? this.#method;
    if (code in METHODS) this.#check(this.#method);
    if (code === SASL) this.#isProven = false;
    if (code === SASL_FINAL) this.#isProven = true; // the driver checks the proof
    if (code !== OK) return;
    if (this.#method === "none") this.#check("none");
    if (!this.#isProven) throw unreachable("does not prove that it knows the password");
    this.isOver = true;
  }
}

function notAllowed(method: AuthMethod, isByDefault: boolean): ServiceError {
  return unreachable(
    isByDefault
      ? `asks for the password in a way (${method}) that needs an encrypted connection (sslmode), ` +
        `or require_auth=${method}`
      : `asks for authentication by the method "${method}", which require_auth does not allow`,
  );
}

function unreachable(what: string): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: the server ${what}`,
    { cause: "AUTHENTICATION" },
  );
}
