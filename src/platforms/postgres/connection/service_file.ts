/**
 * Connection service files: named sections of connection parameters.
 *
 * Source: PostgreSQL documentation, "34.17 The Connection Service File"; for what it leaves open, libpq's
 * `parseServiceFile`.
 */
import { configFault } from "../../../config_error.ts";
import type { SettingsReader } from "../../../settings_reader.ts";

/** What the variable that names the file, and those that lead to the default ones, are called. */
const FILE_VARIABLE = "PGSERVICEFILE";
const SYSTEM_FOLDER_VARIABLE = "PGSYSCONFDIR";

/**
 * The parameters of a service, in `file` or, if it is undefined, in the file that PGSERVICEFILE names, or in
 * the user's own, or the system's (PGSYSCONFDIR). Throws a `ConfigError` about `variable`, which names the
 * service, if there is no such service, or its file has no such form, or others may read its password.
 */
export function readService(
  service: string,
  file: string | undefined,
  variable: string,
  reader: Pick<SettingsReader, "variable" | "file" | "secretFile">,
): ReadonlyMap<string, string> {
  const home = reader.variable("HOME");
  const systemFolder = reader.variable(SYSTEM_FOLDER_VARIABLE);
  const own = file ?? reader.variable(FILE_VARIABLE) ??
    (home === undefined ? undefined : `${home}/.pg_service.conf`);
  const system = systemFolder === undefined ? undefined : `${systemFolder}/pg_service.conf`;
  for (const path of [own, system]) {
    const text = path === undefined ? undefined : textOf(path, reader);
    if (text === undefined) continue;
    const parameters = readSection(text, service);
    if (typeof parameters === "string") throw configFault(variable, parameters);
    if (parameters?.has("password")) reader.secretFile(variable, path!, "the service file");
    if (parameters !== undefined) return parameters;
  }
  throw configFault(variable, "no service file has the service that it names");
}

function textOf(path: string, reader: Pick<SettingsReader, "file">): string | undefined {
  try {
    return reader.file(path);
  } catch {
    return undefined; // as libpq has it: the next file may have the service
  }
}

const MALFORMED = "the service file is not made of [service] and name=value lines";
const IN_LDAP = "the service file leads to an LDAP server, which is not supported";

/** The parameters of the first section of that name, or what is wrong with it; undefined if there is none. */
function readSection(
  text: string,
  service: string,
): ReadonlyMap<string, string> | string | undefined {
  let parameters: Map<string, string> | undefined;
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      if (parameters !== undefined) return parameters;
      if (line.startsWith(`[${service}]`)) parameters = new Map();
    } else if (parameters !== undefined) {
      const pair = /^([^=]*)=(.*)$/s.exec(line);
      if (line.startsWith("ldap")) return IN_LDAP;
      if (pair === null || /^service(file)?$/.test(pair[1]!)) return MALFORMED;
      if (!parameters.has(pair[1]!)) parameters.set(pair[1]!, pair[2]!);
    }
  }
  return parameters;
}
