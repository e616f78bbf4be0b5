/** Variables from a file that the user names, beneath those of the environment. */
import { ConfigError, type ConfigFault, type FilePosition } from "../config_error.ts";
import { settingsReader, type SettingsSource } from "../settings_reader.ts";

/** A variable, and where it stands. */
interface Variable {
  readonly text: string;
  readonly at: FilePosition;
}

const OPTION = "--env-file";

/**
 * The variables of the file's text: `KEY=VALUE` a line, perhaps with `export` before it and the value in
 * quotes; blank lines and lines that begin with `#` do not count. Nothing in a value is replaced. Throws
 * `ConfigError` with every line that is something else.
 */
function parseEnvFile(text: string, file: string): ReadonlyMap<string, Variable> {
  const variables = new Map<string, Variable>();
  const faults: ConfigFault[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (/^\s*(#|$)/.test(line)) return;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) {
      faults.push({ variable: OPTION, reason: `line ${i + 1} of the file is not KEY=VALUE` });
    } else {
      const at = { file, line: i + 1, column: line.indexOf(name) + 1, key: name };
      variables.set(name, { text: unquoted(value!), at });
    }
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
  const text = settingsReader(source).secretFile(OPTION, path, `the file "${path}"`);
  const variables = parseEnvFile(text, path);
  const inFile = (name: string) => {
    const found = source.variable(name) === undefined ? variables.get(name) : undefined;
    return found?.text === "" ? undefined : found;
  };
  return {
    ...source,
    variable: (name) => source.variable(name) ?? inFile(name)?.text,
    positionOf: (name) => inFile(name)?.at,
  };
}
