/** The adapter of the SDK `aes-siv`, which is loaded when the first run needs it. */
import {
  KEYED_ENVIRONMENT,
  type KeyedSettings,
  keyIdsOf,
  readKeyedSettings,
} from "./keyed_settings.ts";
import { AES_SIV, familyPattern } from "./keyed_token.ts";
import type { TokenSdkAdapter } from "../token_sdk.ts";

/** The adapter behind `TOKEN_SDK_MODE=aes-siv`. */
export const aesSiv: TokenSdkAdapter<KeyedSettings> = {
  mode: AES_SIV.mode,
  environment: KEYED_ENVIRONMENT,
  family: familyPattern(AES_SIV.name, AES_SIV.payload),
  readSettings: (read) => readKeyedSettings(read, "AEAD_AES_SIV_CMAC_512"),
  keyIds: keyIdsOf,
  scopeOf: ({ scope }) => scope,
  endpoints: () => [],
  create: async (settings) => (await import("./aes_siv_sdk.ts")).aesSivSdk(settings),
};
