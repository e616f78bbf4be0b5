/**
 * A server with a Transit engine and a key for tokens, and those who may use it:
 *
 *     const vault = await openTransit();                 // at the top of a test file
 *     Deno.test.afterAll(() => vault.close());
 *
 *     const sdk = await vault.openSdk();                 // in a test
 *     const sdk = await vault.openSdk({ VAULT_TRANSIT_KEY: await vault.makeKey({ derived: true }) });
 */
import type { TokenSdk } from "../../../src/tokens/token_sdk.ts";
import { VAULT_LIMITS, type VaultLimits } from "../../../src/tokens/vault/limits.ts";
import { createVaultSdk } from "../../../src/tokens/vault/vault_sdk.ts";
import { vaultTransit } from "../../../src/tokens/vault/vault_transit.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import { machineSource } from "../test_keys.ts";
import { type BaoOptions, type BaoServer, startBao } from "./bao_server.ts";

/** What a Transit key is made with. */
export interface KeyOptions {
  readonly type?: string;
  readonly derived?: boolean;
  readonly convergent_encryption?: boolean;
}

/** A server that is set up. */
export interface TransitFixture {
  readonly server: BaoServer;
  /** A token that may do no more than docs/vault.md grants. */
  readonly token: string;
  /** The environment under which the SDK works, changed as said; undefined takes a variable away. */
  variables(changes?: Changes): Record<string, string>;
  /** Makes the SDK as the program does, with shorter waits if so wished. */
  openSdk(changes?: Changes, limits?: Partial<VaultLimits>): Promise<TokenSdk>;
  /** Makes a Transit key, for tokens by default. Gives its name. */
  makeKey(options?: KeyOptions): Promise<string>;
  /** A policy of that text. Gives its name. */
  makePolicy(text: string): Promise<string>;
  /** A token with a policy of that text, and other properties. */
  makeToken(policy: string, options?: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

/** Changes of an environment. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** A key for tokens. */
const FOR_TOKENS: KeyOptions = {
  type: "aes256-gcm96",
  derived: true,
  convergent_encryption: true,
};

/** Waits that a test can wait for. */
export const QUICK: Partial<VaultLimits> = { backoff: { firstMs: 10, maxMs: 50 }, totalMs: 1_500 };

/** The policy of docs/vault.md, for all keys. */
export const POLICY = (await Deno.readTextFile(new URL("../../../docs/vault.md", import.meta.url)))
  .match(/^path "transit\/.*$/gm)!.join("\n").replaceAll("/pii", "/+");

/** Starts a server, with a Transit engine and a key. */
export async function openTransit(options: BaoOptions = {}): Promise<TransitFixture> {
  const server = await startBao(options);
  await server.api("POST", "sys/mounts/transit", { type: "transit" });
  let made = 0;
  const makeKey = async (key: KeyOptions = FOR_TOKENS) => {
    const name = `key-${++made}`;
    await server.api("POST", `transit/keys/${name}`, key);
    return name;
  };
  const makePolicy = async (text: string) => {
    const name = `policy-${++made}`;
    await server.api("POST", `sys/policies/acl/${name}`, { policy: text });
    return name;
  };
  const makeToken = async (text: string, more = {}) => {
    const policies = [await makePolicy(text)];
    const { auth } = await server.api("POST", "auth/token/create", { policies, ...more });
    return auth.client_token;
  };
  const standard = {
    VAULT_ADDR: server.address,
    VAULT_TOKEN: await makeToken(POLICY),
    VAULT_TRANSIT_KEY: await makeKey(),
    ...(server.caFile !== undefined && { VAULT_CACERT: server.caFile }),
  };
  const variables = (changes: Changes = {}) => {
    const all = Object.entries({ ...standard, ...changes });
    return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >;
  };
  return {
    server,
    token: standard.VAULT_TOKEN,
    variables,
    makeKey,
    makePolicy,
    makeToken,
    async openSdk(changes = {}, limits = {}) {
      const source = machineSource(variables(changes));
      const settings = vaultTransit.readSettings(settingsReader(source));
      return await createVaultSdk(structuredClone(settings), { ...VAULT_LIMITS, ...limits });
    },
    close: async () => await server[Symbol.asyncDispose](),
  };
}
