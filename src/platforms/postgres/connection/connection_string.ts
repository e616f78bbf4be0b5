/**
 * Postgres connection strings as libpq reads them, in both forms: the URL
 * (`postgres://user:pass@host:port/db?sslmode=…`) and keywords (`host=… dbname=…`). Beyond libpq, an "@"
 * in a URL's password need not be encoded (so that one in the database's name has to be), keywords may be in upper case, and `ssl=true` is JDBC's.
 *
 * Source: PostgreSQL documentation, "34.1.1 Connection Strings"; for what it leaves open, libpq's
 * `conninfo_parse` and `conninfo_uri_parse`.
 */
import { type ConfigError, configFault } from "../../../config_error.ts";

/** The variable that holds the connection string. */
export const VARIABLE = "PG_CONN_STR";

/** The parameters of a connection string, by libpq's names. Throws `ConfigError`. */
export function readParameters(value: string): ReadonlyMap<string, string> {
  return isUrl(value) ? fromUrl(value) : fromKeywords(value);
}

/**
 * What helps if the password cut a URL, or a list of keywords, in the wrong place, as the end of a message;
 * an empty text if nothing looks like it.
 */
export function passwordHint(value: string): string {
  if (!isUrl(value)) {
    return /password\s*=/i.test(value) ? ": put a password with blanks in single quotes" : "";
  }
  const rest = value.slice(value.indexOf("://") + 3);
  const path = rest.indexOf("/");
  const isCut = path >= 0 && rest.includes("@", path);
  return isCut ? ': percent-encode the password ("/" as %2F, "?" as %3F, "%" as %25)' : "";
}

/** Whether it is of the URL form. */
export function isUrl(value: string): boolean {
  return /^postgres(ql)?:\/\//.test(value);
}

/** `//user:password@host:port,…/dbname?name=value&…`, each part percent-encoded, all of them optional. */
function fromUrl(value: string): Map<string, string> {
  const { credentials, rest } = splitCredentials(value.replace(/^[a-z]+:\/\//, ""));
  const [, servers, database, query] = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest)!;
  const parameters = new Map<string, string>();
  const set = (name: string, encoded: string | undefined) => {
    if (encoded !== undefined && encoded !== "") parameters.set(name, decode(name, encoded));
  };
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(credentials)!;
  const { hosts, ports } = splitServers(servers!);
  set("host", hosts);
  set("port", ports);
  set("user", user);
  set("password", password);
  // libpq takes it for a part of the name, which nobody means
  if (credentials !== "" && database?.includes("@")) {
    throw fault(`its database name holds an "@"${passwordHint(value)}`);
  }
  set("dbname", database);
  for (const pair of (query ?? "").split("&").filter((each) => each !== "")) {
    const [, name, given] = /^([^=]*)=?(.*)$/s.exec(pair)!;
    if (name === "ssl" && given === "true") parameters.set("sslmode", "require"); // as JDBC writes it
    else parameters.set(decode("query", name!), decode("query", given!));
  }
  return parameters;
}

/** `host:port,host:port` as libpq's two lists; an IPv6 address is in brackets. */
function splitServers(text: string): { hosts: string; ports: string } {
  const servers = text.split(",").map((server) => {
    const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(server);
    if (parts === null) throw fault("its hosts are not a list of host:port, with commas between");
    return { host: parts[1] ?? parts[2]!, port: parts[3] ?? "" };
  });
  return {
    hosts: servers.map(({ host }) => host).join(),
    ports: servers.map(({ port }) => port).join(),
  };
}

/** The part before the last "@" that can end it: a password may hold an "@" that is not encoded. */
function splitCredentials(text: string): { credentials: string; rest: string } {
  const head = text.split("/", 1)[0]!;
  const query = head.indexOf("?", head.indexOf("@"));
  const end = head.lastIndexOf("@", query < 0 ? head.length : query);
  return { credentials: text.slice(0, Math.max(0, end)), rest: text.slice(end + 1) };
}

/** Decodes "%XX"; unlike in a form, "+" is a plus. Blanks around it do not count, as in libpq 18. */
function decode(part: string, encoded: string): string {
  const trimmed = encoded.replace(/^ +| +$/g, "");
  if (trimmed.includes(" ")) throw fault(`its ${part} holds a blank: percent-encode it (%20)`);
  try {
    const decoded = decodeURIComponent(trimmed);
    if (!decoded.includes("\0")) return decoded;
  } catch {
    // said below
  }
  throw fault(`its ${part} is not properly percent-encoded`);
}

/** A keyword up to its value. The blanks are those of C's `isspace`: a password may hold others. */
const KEYWORD = /[ \t\n\v\f\r]*([A-Za-z_]+)[ \t\n\v\f\r]*=[ \t\n\v\f\r]*/y;
const QUOTED = /'((?:[^'\\]|\\.)*)'/suy;
const PLAIN = /(?!')((?:[^ \t\n\v\f\r\\]|\\.)*)\\?/suy;

/** `keyword = value` pairs; a value with blanks is in single quotes, and `\` escapes. */
function fromKeywords(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  let at = 0;
  /** What the pattern captures at this place. */
  const next = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match !== null) at = pattern.lastIndex;
    return match?.[1];
  };
  while (/[^ \t\n\v\f\r]/.test(value.slice(at))) {
    const name = next(KEYWORD);
    const given = name === undefined ? undefined : next(QUOTED) ?? next(PLAIN);
    if (given === undefined) {
      throw fault(
        "it is neither a postgres:// URL nor a list of keyword=value pairs" + passwordHint(value),
      );
    }
    parameters.set(name!.toLowerCase(), given.replace(/\\(.)/gsu, "$1"));
  }
  if (parameters.size === 0) throw fault("it is empty");
  return parameters;
}

/** A fault of the connection string. `reason` never holds a value from it. */
export function fault(reason: string): ConfigError {
  return configFault(VARIABLE, reason);
}
