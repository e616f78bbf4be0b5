/**
 * Where the database is and how to connect to it: the parameters of a connection string, with the meaning
 * that libpq gives them.
 *
 * Source: PostgreSQL documentation, "34.1.2 Parameter Key Words".
 */
import type { SettingsReader } from "../../../settings_reader.ts";
import { type AuthMethod, parseRequireAuth } from "./authentication.ts";
import { fault, readParameters, severalHosts, VARIABLE } from "./connection_string.ts";

/** How the connection is protected, in libpq's words. */
export const SSL_MODES = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
] as const;

/** A value of libpq's `sslmode`. */
export type SslMode = (typeof SSL_MODES)[number];

/** Where the database is and how to connect to it. */
export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly sslMode: SslMode;
  /** How the server may ask to authenticate; undefined if the connection string does not say. */
  readonly requireAuth: readonly AuthMethod[] | undefined;
  /** PEM texts, not paths: the sandbox reads no files. */
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly connectTimeoutSeconds: number;
  readonly applicationName: string;
}

/** How long statements of a transaction may take. */
export interface TransactionLimits {
  /** How long a statement may wait for a lock. */
  readonly lockTimeoutMs: number;
  /** How long a statement may take in all. */
  readonly statementTimeoutMs: number;
}

/** Parameters without effect here: they concern libpq itself, or are fixed by this program. */
const WITHOUT_EFFECT = new Set([
  "client_encoding",
  "fallback_application_name",
  "keepalives",
  "keepalives_count",
  "keepalives_idle",
  "keepalives_interval",
  "tcp_user_timeout",
  "sslcompression",
]);

/** Parameters of which only some values can be honoured. */
const HONOURED: Readonly<Record<string, { values: readonly string[]; reason: string }>> = {
  channel_binding: { values: ["disable", "prefer"], reason: "the driver has no channel binding" },
  gssencmode: { values: ["disable", "prefer"], reason: "the driver has no GSSAPI encryption" },
  target_session_attrs: {
    values: ["any", "read-write", "primary", "prefer-standby"],
    reason: "rows can only be rewritten on a primary",
  },
  sslnegotiation: { values: ["postgres"], reason: "direct TLS negotiation is not supported" },
};

/**
 * Reads a connection string, and the certificates and the key that it names from `files`.
 *
 * Throws a `ConfigError` that names `PG_CONN_STR` and the parameter, and never holds the password.
 */
export function parsePostgresSettings(
  value: string,
  files: Pick<SettingsReader, "file" | "secretFile">,
): PostgresSettings {
  const parameters = readParameters(value);
  checkParameters(parameters);
  const take = (name: string) => {
    const given = parameters.get(name);
    return given === "" ? undefined : given;
  };
  const pem = (name: string) => {
    const path = take(name);
    if (path === undefined || path === "system") return undefined;
    try {
      return files.file(path);
    } catch {
      throw fault(`the file that ${name} names cannot be read`);
    }
  };
  const port = readInteger("port", take("port") ?? "5432", 1, 65535);
  const user = take("user") ?? fail("it names no user");
  const rootCert = pem("sslrootcert");
  const key = take("sslkey");
  const requireAuth = take("require_auth");
  if ((take("sslcert") === undefined) !== (take("sslkey") === undefined)) {
    throw fault("sslcert and sslkey go together");
  }
  const bySystem = take("sslrootcert") === "system";
  const sslMode = oneOf(
    "sslmode",
    take("sslmode") ?? (bySystem ? "verify-full" : "prefer"),
    SSL_MODES,
  );
  if (bySystem && sslMode !== "verify-full") {
    throw fault("sslrootcert=system needs sslmode=verify-full");
  }
  return Object.freeze({
    host: readHost(take("hostaddr") ?? take("host") ?? "localhost"),
    port,
    database: take("dbname") ?? user,
    user,
    password: take("password"),
    // libpq: "require" with a root certificate verifies it, as "verify-ca" does
    sslMode: sslMode === "require" && rootCert !== undefined ? "verify-ca" : sslMode,
    requireAuth: requireAuth === undefined ? undefined : parseRequireAuth(requireAuth),
    sslRootCert: rootCert,
    sslCert: pem("sslcert"),
    sslKey: key === undefined
      ? undefined
      : files.secretFile(VARIABLE, key, "the file that sslkey names"),
    connectTimeoutSeconds:
      readInteger("connect_timeout", take("connect_timeout") ?? "10", 0, 3600) ||
      3600,
    applicationName: take("application_name") ?? "tokenize-action",
  });
}

/** libpq's other parameters: what they ask for is not available here. */
const UNSUPPORTED = new Set([
  "gssdelegation",
  "gsslib",
  "krbsrvname",
  "load_balance_hosts",
  "max_protocol_version",
  "min_protocol_version",
  "oauth_client_id",
  "oauth_client_secret",
  "oauth_issuer",
  "oauth_scope",
  "options",
  "passfile",
  "replication",
  "requirepeer",
  "scram_client_key",
  "scram_server_key",
  "service",
  "servicefile",
  "ssl_max_protocol_version",
  "ssl_min_protocol_version",
  "sslcertmode",
  "sslcrl",
  "sslcrldir",
  "sslkeylogfile",
  "sslpassword",
  "sslsni",
]);

const KNOWN = new Set([
  "host",
  "hostaddr",
  "port",
  "dbname",
  "user",
  "password",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "connect_timeout",
  "application_name",
  "require_auth",
  ...WITHOUT_EFFECT,
  ...Object.keys(HONOURED),
]);

function checkParameters(parameters: ReadonlyMap<string, string>): void {
  for (const [name, value] of parameters) {
    if (UNSUPPORTED.has(name)) throw fault(`parameter "${name}" is not supported`);
    // without its name, which may be part of a password that was not quoted or encoded
    if (!KNOWN.has(name)) throw fault("it holds a parameter that libpq does not know");
    const rule = HONOURED[name];
    if (rule !== undefined && !rule.values.includes(value)) {
      throw fault(`${name} can only be ${rule.values.join(" or ")}: ${rule.reason}`);
    }
  }
}

function readHost(host: string): string {
  if (host.includes(",")) throw severalHosts();
  if (host.startsWith("/") || host.startsWith("@")) {
    throw fault("its host is a Unix socket: the sandbox only opens connections to a host and port");
  }
  return host;
}

function readInteger(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) {
    throw fault(`its ${name} is not a whole number from ${min} to ${max}`);
  }
  return number;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  return found ?? fail(`its ${name} is not one of ${allowed.join(", ")}`);
}

function fail(reason: string): never {
  throw fault(reason);
}
