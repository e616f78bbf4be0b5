/** The keys whose tokens count as tokens. Plain data, since it crosses into the sandbox as a message. */
import type { Scope, TokenSdkName } from "./token_form.ts";

/** A key of the key file. */
export interface VerificationKey {
  readonly sdk: "hmac-sha256" | "aes-siv";
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Whether tokens of Vault are authentic, as far as Vault tells. */
export type VaultVerdict = "opened" | "refused" | "not_allowed";

/** Asks Vault. `binding` is what the tokens are bound to. Throws `token_sdk_unreachable`, `token_sdk_error`. */
export type AskVault = (
  tokens: readonly string[],
  binding: Uint8Array,
) => Promise<readonly VaultVerdict[]>;

/** Which tokens are known. */
export interface KnownKeys {
  /** The SDK in use: without keys of its own, its tokens are known by it. */
  readonly sdk: TokenSdkName;
  /** The scope in use, which the tokens of Vault do not show. */
  readonly scope: Scope;
  readonly keys: readonly VerificationKey[];
  /** Present if the SDK in use is Vault's. */
  readonly askVault?: AskVault;
}
