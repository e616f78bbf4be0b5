/** The adapter of the SDK `hmac-sha256`, which is loaded when the first run needs it. */
import {
  KEYED_ENVIRONMENT,
  type KeyedSettings,
  keyIdsOf,
  readKeyedSettings,
} from "./keyed_settings.ts";
import { familyPattern, HMAC } from "./keyed_token.ts";
import type { TokenSdkAdapter } from "../token_sdk.ts";

/** The adapter behind `TOKEN_SDK_MODE=hmac-sha256`. */
export const hmacSha256: TokenSdkAdapter<KeyedSettings> = {
  mode: HMAC.mode,
  environment: KEYED_ENVIRONMENT,
  family: familyPattern(HMAC.name, HMAC.payload),
  readSettings: (read) => readKeyedSettings(read, "HS256"),
  keyIds: keyIdsOf,
  scopeOf: ({ scope }) => scope,
  endpoints: () => [],
  create: async (settings) => (await import("./hmac_sha256_sdk.ts")).hmacSdk(settings),
};
