/**
 * The syntax of a JDBC URL, as Databricks' drivers read it:
 * `jdbc:databricks://<host>[:<port>][/<schema>][;<key>=<value>]…`, or with the older scheme
 * `jdbc:spark://`. Keys in any case; a value is everything from its `=` to the next `;`, verbatim:
 * the drivers know neither quotes nor percent-encoding, so a value cannot hold a `;`.
 *
 * Source: Databricks documentation, "Configure a connection to Databricks using the Databricks JDBC
 * Driver", and the open-source driver's `DatabricksConnectionContext`.
 */
import { type ConfigError, configFault } from "../../../config_error.ts";

/** The parts of a JDBC URL, whatever they mean. */
export interface JdbcUrl {
  readonly host: string;
  readonly port: number | undefined;
  /** The path after the host. */
  readonly schema: string | undefined;
  /** Values by key in lower case; keys without a value are left out. */
  readonly properties: ReadonlyMap<string, string>;
}

/** The variable that such a URL comes from. */
export const VARIABLE = "DBX_JDBC_URL";

/** Parses a JDBC URL. Throws `ConfigError` that says what is wrong, without any value. */
export function parseJdbcUrl(text: string): JdbcUrl {
  const match = /^jdbc:(databricks|spark):\/\/([^/;]*)(?:\/([^;]*))?(?:;(.*))?$/is.exec(
    text.trim(),
  );
  if (match === null) {
    throw fault('it does not begin with "jdbc:databricks://" or "jdbc:spark://"');
  }
  const [, , authority = "", schema, properties = ""] = match;
  const { host, port } = readAuthority(authority);
  return {
    host,
    port,
    schema: schema?.trim() || undefined,
    properties: readProperties(properties),
  };
}

function readAuthority(authority: string): { host: string; port: number | undefined } {
  if (authority.trim() === "") throw fault("it names no host");
  if (authority.includes("@")) {
    throw fault("its host holds an @: credentials belong in UID and PWD, not before the host");
  }
  const url = URL.parse(`https://${authority.trim()}/`);
  if (url === null || url.hostname === "" || url.pathname !== "/") {
    throw fault("its host or port is not valid");
  }
  // the URL parser drops a port of 443, the default
  const port = /:(\d+)$/.exec(authority.trim())?.[1];
  return { host: url.hostname, port: port === undefined ? undefined : readPort(port) };
}

function readProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  const seen = new Set<string>();
  for (const pair of text.split(";")) {
    if (pair.trim() === "") continue;
    const end = pair.indexOf("=");
    // it is not quoted, since it may be the rest of a secret that holds a ";"
    if (end < 1) throw fault("one of its properties is not of the form key=value");
    const key = pair.slice(0, end).trim();
    if (!/^[A-Za-z][\w.-]*$/.test(key)) {
      throw fault("one of its properties is not of the form key=value");
    }
    const lowered = key.toLowerCase();
    if (seen.has(lowered)) throw fault("one of its properties is repeated");
    seen.add(lowered);
    const value = pair.slice(end + 1).trim();
    if (value !== "") properties.set(lowered, value);
  }
  return properties;
}

/** A port's number. Throws `ConfigError`. */
export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw fault("its port is not a whole number from 1 to 65535");
  }
  return port;
}

/** The error of the variable. */
export function fault(reason: string): ConfigError {
  return configFault(VARIABLE, reason);
}
