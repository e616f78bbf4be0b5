/**
 * Where the database is and how to connect to it: the parameters of a connection string, with the meaning
 * that libpq gives them.
 *
 * Source: PostgreSQL documentation, "34.1.2 Parameter Key Words".
 */
import { AUTH_METHODS, type AuthMethod, parseRequireAuth } from "./authentication.ts";
import { gatherParameters, type ParameterReader, type Parameters } from "./gather_parameters.ts";
import { findPassword, type PasswordKey } from "./password_file.ts";
import { readServers, type ServerAddress } from "./server_address.ts";
import { readTlsSettings, type TlsSettings } from "./tls_settings.ts";

/** Which of several servers will do, by what it says of itself. */
const TARGET_SESSION_ATTRS = [
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
] as const;

/** A value of libpq's `target_session_attrs`. */
export type TargetSessionAttrs = (typeof TARGET_SESSION_ATTRS)[number];

/** What holds for each of the servers. */
interface CommonSettings extends TlsSettings {
  readonly database: string;
  readonly user: string;
  /** How the server may ask to authenticate; undefined if the connection string does not say. */
  readonly requireAuth: readonly AuthMethod[] | undefined;
  /** For each server. */
  readonly connectTimeoutSeconds: number;
  readonly applicationName: string;
  /** What the server is to set as if its own command line had it; undefined for nothing. */
  readonly options: string | undefined;
}

/** A server and its password, which a password file may have for each. */
export interface Server extends ServerAddress {
  readonly password: string | undefined;
}

/** Where the database is and how to connect to it. */
export interface PostgresSettings extends CommonSettings {
  /** One or more, of which one is connected to. */
  readonly servers: readonly Server[];
  /** Which of the servers will do. */
  readonly targetSessionAttrs: TargetSessionAttrs;
  /** Whether the servers are tried in random order. */
  readonly loadBalanceHosts: boolean;
}

/** One way to connect to one of the servers. */
export interface ServerSettings extends CommonSettings, Server {
  /** `optional`: if the server has TLS. */
  readonly encryption: "none" | "optional" | "required";
  /** Called once the connection is encrypted. */
  readonly onEncrypted?: () => void;
}

/** How long statements of a transaction may take. */
export interface TransactionLimits {
  /** How long a statement may wait for a lock. */
  readonly lockTimeoutMs: number;
  /** How long a statement may take in all. */
  readonly statementTimeoutMs: number;
}

/** Beyond what the server is strained, so that runs wait; 0 for no limit. */
export interface StrainLimits {
  /** How long a standby may need to replay what is written. */
  readonly maxReplicaLagMs: number;
  /** How far a logical replication slot may be behind. */
  readonly maxSlotLagMib: number;
  /** How many sessions of others may be active. */
  readonly maxActiveSessions: number;
}

/** The server is never strained. */
export const NO_STRAIN_LIMITS: StrainLimits = {
  maxReplicaLagMs: 0,
  maxSlotLagMib: 0,
  maxActiveSessions: 0,
};

/**
 * Reads a connection string, what it leaves open from the service that it names and from the `PG…`
 * variables, and the files that they name. `toDatabase` is the database to use instead of the one that
 * the parameters name.
 *
 * Throws a `ConfigError` that names the variable and the parameter, and never holds the password.
 */
export function parsePostgresSettings(
  value: string,
  reader: ParameterReader,
  toDatabase?: string,
): PostgresSettings {
  const parameters = gatherParameters(value, reader);
  const take = (name: string) => parameters.take(name);
  const addresses = readServers(parameters);
  const user = take("user");
  if (user === undefined) throw parameters.fault("user", "names no user");
  const database = toDatabase ?? take("dbname") ?? user;
  const passwordFor = readPasswords(parameters, reader);
  const servers = addresses.map((server) => ({
    ...server,
    password: passwordFor({ ...server, database, user }),
  }));
  return Object.freeze({
    servers,
    targetSessionAttrs: parameters.oneOf("target_session_attrs", TARGET_SESSION_ATTRS) ??
      (servers.length === 1 ? "any" : "read-write"),
    loadBalanceHosts: parameters.oneOf("load_balance_hosts", ["disable", "random"]) === "random",
    database,
    user,
    ...readTlsSettings(parameters, reader),
    requireAuth: readRequireAuth(parameters),
    connectTimeoutSeconds: readConnectTimeout(parameters),
    applicationName: take("application_name") ?? take("fallback_application_name") ??
      "tokenize-action",
    options: take("options"),
  });
}

/** What a password file is switched off by. */
const NO_FILE = "/dev/null";

/** Finds the password of a server. Without one in the parameters, the password file may have it. */
function readPasswords(
  parameters: Parameters,
  reader: ParameterReader,
): (key: PasswordKey) => string | undefined {
  const password = parameters.take("password");
  if (password !== undefined) return () => password;
  const path = parameters.take("passfile");
  if (path === undefined || path === NO_FILE) return () => undefined;
  const variable = parameters.variableOf("passfile");
  const text = reader.secretFile(variable, path, parameters.fileOf("passfile"));
  return (key) => findPassword(text, key);
}

function readRequireAuth(parameters: Parameters): readonly AuthMethod[] | undefined {
  const text = parameters.take("require_auth");
  const methods = text === undefined ? undefined : parseRequireAuth(text);
  if (text === undefined || methods !== undefined) return methods;
  throw parameters.fault(
    "require_auth",
    `is not a list of different methods, all or none with "!": ${AUTH_METHODS.join(", ")}`,
  );
}

/** An hour is as good as no limit, which libpq takes 0 and less for. */
const NO_LIMIT_SECONDS = 3600;
const MAX_INT32 = 2 ** 31 - 1;

function readConnectTimeout(parameters: Parameters): number {
  const text = parameters.take("connect_timeout")?.trim() ?? "10";
  if (/^-\d+$/.test(text)) return NO_LIMIT_SECONDS;
  const seconds = parameters.integer("connect_timeout", text, 0, MAX_INT32);
  return Math.min(seconds || NO_LIMIT_SECONDS, NO_LIMIT_SECONDS);
}
