/** The list of token SDKs. A new one is a file and a line here. */
import { aesSiv } from "./keyed/aes_siv.ts";
import { dummy } from "./dummy.ts";
import { hmacSha256 } from "./keyed/hmac_sha256.ts";
import type { TokenSdkAdapter } from "./token_sdk.ts";
import { vaultTransit } from "./vault/vault_transit.ts";

/** Every adapter. */
// deno-lint-ignore no-explicit-any -- each adapter reads and consumes its own settings type
export const TOKEN_SDK_ADAPTERS: readonly TokenSdkAdapter<any>[] = [
  dummy,
  hmacSha256,
  aesSiv,
  vaultTransit,
];

/** The adapter for a `TOKEN_SDK_MODE`; undefined if there is none. */
// deno-lint-ignore no-explicit-any -- as above
export function findAdapter(mode: string): TokenSdkAdapter<any> | undefined {
  return TOKEN_SDK_ADAPTERS.find((adapter) => adapter.mode === mode);
}

/** The accepted values of `TOKEN_SDK_MODE`. */
export const TOKEN_SDK_MODES: readonly string[] = TOKEN_SDK_ADAPTERS.map((adapter) => adapter.mode);
