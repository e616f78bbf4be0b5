/** Settings from a configuration file that a test writes, and from variables over it. */
import { settingsSource } from "../../scripts/servers/test_keys.ts";
import type { Config, Connection } from "../../src/config.ts";
import { faultLine } from "../../src/config_error.ts";
import { type ReadSettings, readSettings } from "../../src/config/read_settings.ts";

type Texts = Readonly<Record<string, string>>;

/** Where the file is, as faults name it. */
export const PATH = "tokenize.yaml";

/** How a test's settings are made. */
export interface GivenSettings {
  readonly variables?: Texts;
  /** Other files, by path. */
  readonly files?: Texts;
  /** Whether others may read the configuration file; by default nobody may. */
  readonly isPublic?: boolean;
}

/** Reads the file with this text. */
export function settingsOf(
  text: string,
  { variables = {}, files = {}, isPublic = false }: GivenSettings = {},
): Promise<ReadSettings> {
  const source = settingsSource(variables, { ...files, [PATH]: text });
  const permissions = (path: string) => {
    const { uid, mode } = source.permissions(path);
    return { uid, mode: isPublic && path === PATH ? 0o100644 : mode };
  };
  return readSettings({ ...source, permissions, isTerminal: false }, PATH, undefined);
}

/** The configuration; fails with the faults if it cannot be used. */
export async function configOf(text: string, given?: GivenSettings): Promise<Config> {
  const { config, faults } = await settingsOf(text, given);
  if (config === undefined) throw new Error(faults.map(faultLine).join("\n"));
  return config;
}

/** The faults, a line each. */
export async function faultsOf(text: string, given?: GivenSettings): Promise<string[]> {
  return (await settingsOf(text, given)).faults.map(faultLine);
}

/** The host of a connection, the first if there are several. */
export function hostOf({ platform, settings }: Connection): string | undefined {
  return platform === "postgres" ? settings.servers[0]?.host : settings.host;
}
