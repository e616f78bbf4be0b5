/**
 * The configuration file: the same settings as the variables, in YAML, and besides them `connections`.
 * A setting's key is its variable in lower case; those of DataHub are under `datahub`, without
 * `DATAHUB_`.
 */
import { configFault } from "../../config_error.ts";
import { othersMayRead, type SettingsSource } from "../../settings_reader.ts";
import { fileInWords, whyUnreadable } from "../../unreadable_file.ts";
import type { SettingsFile } from "./contents.ts";
import { FileReader } from "./file_reader.ts";

/**
 * Reads a configuration file. `named` is what named it, for a fault: `TOKENIZE_CONFIG` or `--config`.
 *
 * Throws `ConfigError` if the file cannot be read; what is wrong in it is among its faults.
 */
export async function readSettingsFile(
  path: string,
  named: string,
  source: SettingsSource,
): Promise<SettingsFile> {
  let text: string;
  let isPrivate: boolean;
  try {
    text = source.file(path);
    isPrivate = !othersMayRead(source.permissions(path));
  } catch (error) {
    throw configFault(named, `${fileInWords(path)} ${whyUnreadable(error)}`);
  }
  const { parseYaml } = await import("./yaml_nodes.ts"); // most programs need no YAML
  const { root, faults } = parseYaml(text);
  const reader = new FileReader(path, isPrivate, source.variable.bind(source));
  for (const { reason, place } of faults) reader.refuse("", place, reason);
  // what follows from broken syntax would only confuse
  if (faults.length === 0) reader.read(root);
  return { path, values: reader.values, connections: reader.connections, faults: reader.faults };
}
