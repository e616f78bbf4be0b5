/** Variables over the configuration file: a setting is taken from the file only if no variable sets it. */
import { fileVariable, type SettingsSource } from "../settings_reader.ts";
import { CATALOGUE } from "./catalogue.ts";
import type { SettingsFile } from "./file/contents.ts";

/** The source with the file's settings beneath its own. */
export function withSettingsFile(
  source: SettingsSource,
  file: SettingsFile | undefined,
): SettingsSource {
  if (file === undefined) return source;
  const inFile = (name: string) =>
    sameSetting(name).every((each) => source.variable(each) === undefined)
      ? file.values.get(name)
      : undefined;
  return {
    variable: (name) => source.variable(name) ?? inFile(name)?.text,
    file: (path) => source.file(path),
    permissions: (path) => source.permissions(path),
    positionOf: (name) => inFile(name)?.at ?? source.positionOf?.(name),
  };
}

/** The variables that set the same: a secret is also set by the one that names its file. */
function sameSetting(name: string): string[] {
  const pair = [name.replace(/_FILE$/, ""), fileVariable(name.replace(/_FILE$/, ""))];
  return pair.every((each) => Object.hasOwn(CATALOGUE, each)) ? pair : [name];
}
