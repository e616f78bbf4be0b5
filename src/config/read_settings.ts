/** All settings, with where each comes from: the environment, and the configuration file over which it wins. */
import { type Config, type ConfigPurpose, type ConfigSource, loadConfig } from "../config.ts";
import { ConfigError, type ConfigFault, type FilePosition } from "../config_error.ts";
import { CATALOGUE, LISTED, maySitInFile } from "./catalogue.ts";
import { readSettingsFile } from "./file/settings_file.ts";
import { withSettingsFile } from "./overlay.ts";

/** The settings: either `config` is there, or at least one fault. */
export interface ReadSettings {
  readonly config: Config | undefined;
  readonly faults: readonly ConfigFault[];
  /** The configuration file's path; undefined if there is none. */
  readonly file: string | undefined;
  /** The settings that are not left to their defaults, by variable. */
  readonly inUse: readonly SettingInUse[];
}

/** A setting with its value. */
export interface SettingInUse {
  readonly variable: string;
  /** Undefined for what may be secret. */
  readonly text: string | undefined;
  /** Its place in the configuration file; undefined if a variable sets it. */
  readonly at: FilePosition | undefined;
}

/**
 * Reads everything. `configFile` is the configuration file; if it is undefined, `TOKENIZE_CONFIG` names
 * it. `purpose` is as in `loadConfig`. What is wrong is among the faults.
 */
export async function readSettings(
  source: ConfigSource,
  configFile: string | undefined,
  purpose: ConfigPurpose = {},
): Promise<ReadSettings> {
  const file = configFile ?? source.variable("TOKENIZE_CONFIG");
  const named = configFile === undefined ? "TOKENIZE_CONFIG" : "--config";
  try {
    const settingsFile = file === undefined
      ? undefined
      : await readSettingsFile(file, named, source);
    const config = loadConfig({ ...source, settingsFile }, purpose);
    const { variable, positionOf } = withSettingsFile(source, settingsFile);
    const inUse = Object.entries(CATALOGUE).flatMap(([name, setting]): SettingInUse[] => {
      const text = variable(name);
      if (text === undefined) return [];
      // what a token SDK reads beyond the list may be anything
      const isShown = (name in LISTED || name.endsWith("_FILE")) && !maySitInFile(setting);
      return [{ variable: name, text: isShown ? text : undefined, at: positionOf?.(name) }];
    });
    return { config, faults: [], file, inUse };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { config: undefined, faults: error.faults, file, inUse: [] };
  }
}
