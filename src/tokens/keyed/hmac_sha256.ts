/** The adapter of the SDK `hmac-sha256`, which is loaded when the first run needs it. */
import {
  HMAC_BYTES_VARIABLE,
  type HmacSettings,
  KEYED_ENVIRONMENT,
  keyIdsOf,
  readHmacSettings,
} from "./keyed_settings.ts";
import { familyPattern, HMAC } from "./keyed_token.ts";
import type { TokenSdkAdapter } from "../token_sdk.ts";

/** The adapter behind `TOKEN_SDK_MODE=hmac-sha256`. */
export const hmacSha256: TokenSdkAdapter<HmacSettings> = {
  mode: HMAC.mode,
  environment: [...KEYED_ENVIRONMENT, HMAC_BYTES_VARIABLE],
  family: familyPattern(HMAC.name, HMAC.payload),
  readSettings: readHmacSettings,
  keyIds: keyIdsOf,
  scopeOf: ({ scope }) => scope,
  endpoints: () => [],
  create: async (settings) => (await import("./hmac_sha256_sdk.ts")).hmacSdk(settings),
};
