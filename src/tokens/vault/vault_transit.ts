/**
 * The `vault-transit` SDK: HashiCorp Vault's or OpenBao's Transit engine, with a key for convergent
 * encryption. The keys never leave Vault. The values are sent there to be encrypted, in the bodies of
 * requests and nowhere else.
 *
 * The binding (`bindingOf`) is the `context` that Vault derives the encrypting key from.
 */
import type { TokenSdkAdapter } from "../token_sdk.ts";
import { readVaultSettings, VAULT_ENVIRONMENT, type VaultSettings } from "./settings.ts";
import { VAULT_TOKENS } from "./vault_token.ts";

/** The adapter behind `TOKEN_SDK_MODE=vault-transit`. */
export const vaultTransit: TokenSdkAdapter<VaultSettings> = {
  mode: "vault-transit",
  environment: VAULT_ENVIRONMENT,
  family: VAULT_TOKENS,
  readSettings: readVaultSettings,
  endpoints({ address }) {
    const { protocol, hostname, port } = new URL(address);
    return [{ hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) }];
  },
  files: ({ login }) => login.kind === "kubernetes" ? [login.tokenFile] : [],
  scopeOf: ({ scope }) => scope,
  create: async (settings) => (await import("./vault_sdk.ts")).createVaultSdk(settings),
};
