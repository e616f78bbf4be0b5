/**
 * How the server may ask this program to authenticate. A server that asks for the password itself gets
 * it, and so does everybody on the way: therefore only on a connection that others cannot read, unless
 * the settings allow it. An MD5 digest of the password is hardly better.
 *
 * Source: PostgreSQL documentation, "34.1.2 Parameter Key Words" (`require_auth`).
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
 * What throws a `ServiceError` if the server may not ask for a method on this connection. To be called
 * before the server gets any response.
 */
export function methodCheck(
  socket: Socket,
  { address, requireAuth }: AuthSettings,
): (method: AuthMethod) => void {
  const isPrivate = socket instanceof TLSSocket || isLoopback(address);
  const allowed = requireAuth ?? (isPrivate ? AUTH_METHODS : WITHOUT_TLS);
  return (method) => {
    if (!allowed.includes(method)) throw notAllowed(method, requireAuth === undefined);
  };
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
