/** Which token SDK makes the tokens, and for a rotation, which one made those that are replaced. */
import { ConfigError, configFault } from "../config_error.ts";
import type { SettingsReader } from "../settings_reader.ts";
import { KEY_ALGORITHMS, KEYS_VARIABLE, parseKeys } from "../tokens/keyed/key_set.ts";
import { findAdapter, TOKEN_SDK_ADAPTERS, TOKEN_SDK_MODES } from "../tokens/adapters.ts";

/** A token SDK to be created. */
export interface SdkSettings {
  /** The adapter's name. */
  readonly mode: string;
  readonly settings: unknown;
}

/** The SDK that made the tokens; with a `keyId`, only those of that key. */
export interface RotationSettings extends SdkSettings {
  readonly keyId: string | undefined;
}

/** The SDK of `TOKEN_SDK_MODE` with its settings. Throws `ConfigError`. */
export function readTokenSdk(reader: SettingsReader): SdkSettings {
  const mode = reader.variable("TOKEN_SDK_MODE") ?? "dummy";
  const adapter = findAdapter(mode);
  if (adapter === undefined) {
    throw configFault(
      "TOKEN_SDK_MODE",
      `there is no SDK of that name (have: ${TOKEN_SDK_MODES.join(", ")})`,
    );
  }
  return { mode, settings: adapter.readSettings(reader) };
}

/** A key of the key file. */
export interface SdkKey {
  /** The SDK that it is for. */
  readonly sdk: "hmac-sha256" | "aes-siv";
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Every key of the key file; none if there is no key file. Throws `ConfigError`. */
export function readAllKeys(reader: SettingsReader): readonly SdkKey[] {
  const path = reader.variable(KEYS_VARIABLE);
  if (path === undefined) return [];
  return parseKeys(reader.secretFile(KEYS_VARIABLE, path), KEYS_VARIABLE)
    .map(({ id, bytes, algorithm }) => ({ sdk: KEY_ALGORITHMS[algorithm].mode, id, bytes }));
}

/** The SDK of that name, or else the one that has a key of that id. Throws `ConfigError`. */
export function readRotationSource(reader: SettingsReader, from: string): RotationSettings {
  const named = findAdapter(from);
  if (named !== undefined) {
    return { mode: from, settings: named.readSettings(reader), keyId: undefined };
  }
  for (const { mode, readSettings, keyIds } of TOKEN_SDK_ADAPTERS) {
    if (keyIds === undefined) continue;
    try {
      const settings = readSettings(reader);
      if (keyIds(settings).includes(from)) return { mode, settings, keyId: from };
    } catch (error) {
      // settings that are missing or invalid contain no such key
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  throw configFault(
    "--from",
    `it is neither a token SDK (have: ${
      TOKEN_SDK_MODES.join(", ")
    }) nor the id of a key in the key file`,
  );
}
