/**
 * Postgres connection strings as libpq reads them, in both forms: the URL
 * (`postgres://user:pass@host:port/db?sslmode=…`) and keywords (`host=… dbname=…`).
 *
 * Source: PostgreSQL documentation, "34.1.1 Connection Strings".
 */
import { withoutBrackets } from "../../../host_name.ts";
import { type ConfigError, configFault } from "../../../config_error.ts";

/** The variable that holds the connection string. */
export const VARIABLE = "PG_CONN_STR";

/** The parameters of a connection string, by libpq's names. Throws `ConfigError`. */
export function readParameters(value: string): ReadonlyMap<string, string> {
  return /^postgres(ql)?:\/\//.test(value) ? fromUrl(value) : fromKeywords(value);
}

/** `//user:password@host:port/dbname?name=value&…`, each part percent-encoded, all of them optional. */
function fromUrl(value: string): Map<string, string> {
  const { credentials, rest } = splitCredentials(value.replace(/^[a-z]+:\/\//, ""));
  const parts = /^(\[[^\]]*\]|[^:/?]*)(?::([^/?]*))?(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest);
  if (parts === null || parts[1]!.includes(",") || parts[2]?.includes(",")) throw severalHosts();
  const [, host, port, database, query] = parts;
  const parameters = new Map<string, string>();
  const set = (name: string, encoded: string | undefined) => {
    if (encoded !== undefined && encoded !== "") parameters.set(name, decode(name, encoded));
  };
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(credentials)!;
  set("host", withoutBrackets(host!));
  set("port", port);
  set("user", user);
  set("password", password);
  set("dbname", database);
  for (const pair of (query ?? "").split("&").filter((each) => each !== "")) {
    const [, name, given] = /^([^=]*)=?(.*)$/s.exec(pair)!;
    if (name === "ssl" && given === "true") parameters.set("sslmode", "require"); // as JDBC writes it
    else parameters.set(decode("query", name!), decode("query", given!));
  }
  return parameters;
}

/** The part before the last "@" that can end it: a password may hold an "@" that is not encoded. */
function splitCredentials(text: string): { credentials: string; rest: string } {
  const head = text.split("/", 1)[0]!;
  const query = head.indexOf("?", head.indexOf("@"));
  const end = head.lastIndexOf("@", query < 0 ? head.length : query);
  return { credentials: text.slice(0, Math.max(0, end)), rest: text.slice(end + 1) };
}

/** Decodes "%XX"; unlike in a form, "+" is a plus. */
function decode(part: string, encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw fault(`its ${part} is not properly percent-encoded`);
  }
}

/** `keyword = value` pairs; a value with blanks is in single quotes, and `\` escapes. */
function fromKeywords(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const pair = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/suy;
  while (value.slice(pair.lastIndex).trim() !== "") {
    const match = pair.exec(value);
    if (match === null) {
      throw fault("it is neither a postgres:// URL nor a list of keyword=value pairs");
    }
    const [, name, quoted, plain] = match;
    parameters.set(name!.toLowerCase(), (quoted ?? plain ?? "").replace(/\\(.)/gs, "$1"));
  }
  if (parameters.size === 0) throw fault("it is empty");
  return parameters;
}

/** The fault of a connection string that names several servers. */
export function severalHosts(): ConfigError {
  return fault("it names several hosts: name the primary, or the name that always leads to it");
}

/** A fault of the connection string. `reason` never holds a value from it. */
export function fault(reason: string): ConfigError {
  return configFault(VARIABLE, reason);
}
