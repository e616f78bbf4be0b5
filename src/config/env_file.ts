/** Variables from a file that the user names, beneath those of the environment. */
import { ConfigError, type ConfigFault } from "../config_error.ts";
import { settingsReader, type SettingsSource } from "../settings_reader.ts";

const OPTION = "--env-file";

/**
 * The variables of the file's text: `KEY=VALUE` a line, perhaps with `export` before it and the value in
 * quotes; blank lines and lines that begin with `#` do not count. Nothing in a value is replaced. Throws
 * `ConfigError` with every line that is something else.
 */
function parseEnvFile(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const faults: ConfigFault[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (/^\s*(#|$)/.test(line)) return;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) {
      faults.push({ variable: OPTION, reason: `line ${i + 1} of the file is not KEY=VALUE` });
    } else variables.set(name, unquoted(value!));
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return variables;
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(value) ?? [];
  return inner ?? value;
}

/**
 * The source with the file's variables beneath its own. The file may hold secrets, so others must not be
 * able to read it. Throws `ConfigError`.
 */
export function withEnvFile<S extends SettingsSource>(source: S, path: string | undefined): S {
  if (path === undefined) return source;
  const variables = parseEnvFile(
    settingsReader(source).secretFile(OPTION, path, `the file "${path}"`),
  );
  const variable = (name: string) => source.variable(name) ?? (variables.get(name) || undefined);
  return { ...source, variable };
}
