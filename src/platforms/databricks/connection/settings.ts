/**
 * Connection settings, from the JDBC URL of a SQL warehouse.
 *
 * Source of the properties: Databricks documentation, "Supported connection properties" and
 * "Authentication settings for the Databricks JDBC Driver".
 */
import { configFault } from "../../../config_error.ts";
import type { SettingsReader } from "../../../settings_reader.ts";
import { fault, parseJdbcUrl, readPort } from "./jdbc_url.ts";
import { checkProperties } from "./jdbc_properties.ts";

/** How requests are authenticated. */
export type Authentication =
  /** A personal access token, or an OAuth token that was obtained elsewhere. */
  | { readonly kind: "token"; readonly token: string }
  /** A service principal, for which access tokens are obtained and renewed. */
  | {
    readonly kind: "service_principal";
    readonly clientId: string;
    readonly clientSecret: string;
    readonly tokenEndpoint: string;
    readonly scope: string;
  };

/** Where the warehouse is, how to authenticate, and how long to wait. */
export interface DatabricksSettings {
  readonly host: string;
  readonly port: number;
  readonly httpPath: string;
  readonly authentication: Authentication;
  /** The catalog and schema of names that have none of their own. */
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  /** How long a warehouse may take to start. */
  readonly startTimeoutMs: number;
  /** How long a warehouse may refuse requests because there are too many. */
  readonly rateLimitTimeoutMs: number;
  /** How long the response to one request may take. Statements may take much longer: they are polled. */
  readonly requestTimeoutMs: number;
}

/** The variable that names a secret scope. */
const SCOPE_VARIABLE = "DBX_SECRET_SCOPE";

type Take = (key: string) => string | undefined;

/**
 * Reads a JDBC URL.
 *
 * Throws `ConfigError` naming `DBX_JDBC_URL` and the property; never with a secret.
 */
export function parseDatabricksSettings(text: string): DatabricksSettings {
  const url = parseJdbcUrl(text);
  checkProperties(url.properties);
  const take: Take = (key) => url.properties.get(key.toLowerCase());
  const inUrl = take("port") === undefined ? url.port : readPort(take("port")!);
  const port = inUrl ?? 443;
  const origin = `https://${url.host}:${port}`;
  return Object.freeze({
    host: url.host,
    port,
    httpPath: readHttpPath(take("httpPath")),
    authentication: Object.freeze(readAuthentication(take, origin)),
    catalog: take("ConnCatalog"),
    schema: take("ConnSchema") ?? url.schema,
    startTimeoutMs: switchedOff(take("TemporarilyUnavailableRetry"))
      ? 0
      : 1000 * seconds(take, "TemporarilyUnavailableRetryTimeout", 300),
    rateLimitTimeoutMs: switchedOff(take("RateLimitRetry"))
      ? 0
      : 1000 * seconds(take, "RateLimitRetryTimeout", 120),
    // to the JDBC driver 0 means no limit; here every request must end
    requestTimeoutMs: 1000 * (seconds(take, "SocketTimeout", 120) || 3600),
  });
}

/** The name of the secret scope, if one is set. Throws `ConfigError`. */
export function readSecretScope(read: SettingsReader): string | undefined {
  const name = read.variable(SCOPE_VARIABLE);
  if (name === undefined || /^[\w.@-]{1,128}$/.test(name)) return name;
  throw configFault(
    SCOPE_VARIABLE,
    "it is not the name of a secret scope: 1 to 128 letters, digits, -, _, @ or .",
  );
}

function readHttpPath(value: string | undefined): string {
  if (value === undefined) {
    throw fault("httpPath is missing: the warehouse's connection details show it");
  }
  if (!/^[\x21-\x7e]+$/.test(value) || value.includes("#")) {
    throw fault("its httpPath holds characters that a path cannot have");
  }
  return value.startsWith("/") ? value : `/${value}`;
}

function readAuthentication(take: Take, origin: string): Authentication {
  const mechanism = take("AuthMech") ?? (usesOauth(take) ? "11" : "3");
  if (mechanism === "3") return readPersonalToken(take);
  if (mechanism === "11") return readOauth(take, origin);
  throw fault("its AuthMech is neither 3 (personal access token) nor 11 (OAuth)");
}

function usesOauth(take: Take): boolean {
  return ["Auth_Flow", "Auth_AccessToken", "OAuth2ClientId", "OAuth2Secret"].some((key) =>
    take(key) !== undefined
  );
}

function readPersonalToken(take: Take): Authentication {
  const user = take("UID") ?? take("user") ?? "token";
  if (user !== "token") {
    throw fault('UID is not "token": Databricks no longer takes user names and passwords');
  }
  const token = take("PWD") ?? take("password");
  if (token === undefined) throw fault("PWD is missing: the personal access token (AuthMech=3)");
  return { kind: "token", token: bearerToken("PWD", token) };
}

function readOauth(take: Take, origin: string): Authentication {
  const flow = take("Auth_Flow") ?? "0";
  if (flow === "0") {
    const token = take("Auth_AccessToken");
    if (token === undefined) {
      throw fault("Auth_AccessToken is missing: the token to pass through (Auth_Flow=0)");
    }
    return { kind: "token", token: bearerToken("Auth_AccessToken", token) };
  }
  if (flow !== "1") {
    throw fault(
      "its Auth_Flow is neither 0 (token pass-through) nor 1 (service principal): " +
        "a service cannot log in through a browser, and managed identities are not supported",
    );
  }
  const clientId = take("OAuth2ClientId");
  const clientSecret = take("OAuth2Secret");
  if (clientId === undefined) throw fault("OAuth2ClientId is missing: the service principal's id");
  if (clientSecret === undefined) {
    throw fault("OAuth2Secret is missing: the service principal's secret");
  }
  return {
    kind: "service_principal",
    clientId,
    clientSecret,
    tokenEndpoint: readTokenEndpoint(take, origin),
    scope: take("Auth_Scope") ?? "all-apis",
  };
}

function readTokenEndpoint(take: Take, origin: string): string {
  const given = take("OAuth2TokenEndpoint") ?? take("OAuth2ConnAuthTokenEndpoint");
  if (given === undefined) {
    if ((take("OIDCDiscoveryEndpoint") ?? take("OAuthDiscoveryURL")) !== undefined) {
      throw fault(
        "it says where to discover the token endpoint, but the sandbox must know the endpoint itself: " +
          "set OAuth2TokenEndpoint",
      );
    }
    // Databricks' own, on each workspace
    return `${origin}/oidc/v1/token`;
  }
  const url = URL.parse(given);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "" || url.hash !== "") {
    throw fault("its OAuth2TokenEndpoint is not an https:// URL");
  }
  return url.href;
}

/** A token that a header can hold. */
function bearerToken(key: string, token: string): string {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw fault(`its ${key} holds characters that a token cannot have`);
  }
  return token;
}

function switchedOff(value: string | undefined): boolean {
  return value === "0";
}

function seconds(take: Take, key: string, standard: number): number {
  const value = take(key);
  if (value === undefined) return standard;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 86_400) {
    throw fault(`its ${key} is not a whole number of seconds, at most a day's`);
  }
  return number;
}
