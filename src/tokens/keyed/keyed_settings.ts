/** The settings of all SDKs that have keys of their own. */
import { collectFaults, ConfigError } from "../../config_error.ts";
import { type KeyAlgorithm, KEYS_VARIABLE, readKeys, type TokenKey } from "./key_set.ts";
import { integer } from "../../setting_values.ts";
import type { SettingsReader } from "../token_sdk.ts";
import { readScope, SCOPE_VARIABLE, type TokenScope } from "../token_scope.ts";

/** Plain data, since it crosses into the sandbox as a message. */
export interface KeyedSettings {
  readonly scope: TokenScope;
  /** At least one. The first writes; the tokens of all are recognised. */
  readonly keys: readonly TokenKey[];
}

/** The ids of the settings' keys. */
export function keyIdsOf({ keys }: KeyedSettings): readonly string[] {
  return keys.map(({ id }) => id);
}

/** The variables that `readKeyedSettings` reads. */
export const KEYED_ENVIRONMENT = [KEYS_VARIABLE, SCOPE_VARIABLE] as const;

/** Reads the keys for `algorithm`, and the scope. Throws `ConfigError` with the faults of both. */
export function readKeyedSettings(read: SettingsReader, algorithm: KeyAlgorithm): KeyedSettings {
  const { faults, attempt } = collectFaults();
  const keys = attempt(() => readKeys(read, algorithm));
  const scope = attempt(() => readScope(read));
  if (keys === undefined || scope === undefined) throw new ConfigError(faults);
  return { scope, keys };
}

/** The variable that says how many bytes of the HMAC a token holds. */
export const HMAC_BYTES_VARIABLE = "TOKEN_HMAC_BYTES";
const MIN_HMAC_BYTES = 12;
const MAX_HMAC_BYTES = 32;

/** The settings of `hmac-sha256`: plain data, too. */
export interface HmacSettings extends KeyedSettings {
  /** How many bytes of the HMAC a token holds: its first ones. */
  readonly tokenBytes: number;
}

/** Reads them. Throws `ConfigError` with every fault. */
export function readHmacSettings(read: SettingsReader): HmacSettings {
  const { faults, attempt } = collectFaults();
  const keyed = attempt(() => readKeyedSettings(read, "HS256"));
  const text = read.variable(HMAC_BYTES_VARIABLE);
  const tokenBytes = attempt(() =>
    integer(HMAC_BYTES_VARIABLE, text, MAX_HMAC_BYTES, MIN_HMAC_BYTES, MAX_HMAC_BYTES)
  );
  if (keyed === undefined || tokenBytes === undefined) throw new ConfigError(faults);
  return { ...keyed, tokenBytes };
}
