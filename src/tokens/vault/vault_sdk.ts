/** The token SDK on top of a Transit key. */
import { encodeBase64 } from "../base64.ts";
import { bindingOf } from "../token_scope.ts";
import { toJavaScript } from "../token_pattern.ts";
import type { TokenContext, TokenSdk } from "../token_sdk.ts";
import { decodeUtf8 } from "../utf8.ts";
import { eachOnce } from "./batching.ts";
import { openConnection } from "./connection.ts";
import { VAULT_LIMITS, type VaultLimits } from "./limits.ts";
import { closed } from "./errors.ts";
import type { ItemResult } from "./responses.ts";
import { withRetries } from "./retries.ts";
import { VaultSession } from "./session.ts";
import type { VaultSettings } from "./settings.ts";
import { TokenWriter } from "./token_writer.ts";
import { TransitEngine } from "./transit_engine.ts";
import { TransitKey } from "./transit_key.ts";
import { maxPayloadBytes, tokenLength, tokensOfVersion, VAULT_TOKENS } from "./vault_token.ts";

const DOMAIN = "tokenize-action vault-transit";
const isToken = toJavaScript(VAULT_TOKENS);

/**
 * Logs in, looks the key up and returns the SDK. Throws `token_sdk_unreachable` or
 * `token_sdk_error`.
 */
export async function createVaultSdk(
  settings: VaultSettings,
  limits: VaultLimits = VAULT_LIMITS,
): Promise<TokenSdk> {
  const connection = withRetries(openConnection(settings), limits);
  const session = new VaultSession(settings.login, connection);
  const engine = new TransitEngine(session, settings, limits);
  try {
    const key = await TransitKey.open(engine, settings.key, limits.idleMs);
    return sdkOf(settings, session, engine, key);
  } catch (error) {
    session.close();
    throw error;
  }
}

function sdkOf(
  { scope, key: keyName }: VaultSettings,
  session: VaultSession,
  engine: TransitEngine,
  key: TransitKey,
): TokenSdk {
  let isClosed = false;
  const writer = new TokenWriter(engine, key);
  /** The context that Vault derives the encryption key from. */
  const begin = (context: TokenContext): string => {
    if (isClosed) throw closed();
    key.use();
    return bindingOf(DOMAIN, scope, context).toBase64();
  };
  return {
    pattern: VAULT_TOKENS,
    prepare: () => key.refresh(),
    get current() {
      return tokensOfVersion(key.state.version);
    },
    get keyId() {
      return `${keyName}:v${key.state.version}`;
    },
    async tokenize(values, context) {
      const binding = begin(context);
      const inputs = values.map(encodeBase64);
      return await eachOnce(inputs, (once) => writer.encrypt(once, binding)) as string[];
    },
    maxTokenLength(valueBytes) {
      const { version, overheadBytes } = key.state;
      return tokenLength(version, overheadBytes + valueBytes);
    },
    maxValueBytes: (length) => Math.max(0, maxPayloadBytes(length) - key.state.overheadBytes),
    async detokenize(tokens, context) {
      const binding = begin(context);
      return await eachOnce(tokens.map(orNull), async (inputs) => {
        return (await engine.run({ call: "decrypt", inputs, context: binding })).map(valueOf);
      });
    },
    async renew(tokens, context) {
      const binding = begin(context);
      return await eachOnce(tokens.map(orNull), (once) => writer.rewrap(once, binding));
    },
    close() {
      if (!isClosed) session.close();
      isClosed = true;
      return Promise.resolve();
    },
  };
}

/** The text if it is a token: nothing else is sent to Vault. */
function orNull(text: string): string | null {
  return isToken.test(text) ? text : null;
}

/** The value; null if its authentication failed, or it is not text. */
function valueOf({ plaintext, isRefused }: ItemResult): string | null {
  if (isRefused || plaintext === undefined) return null;
  return decodeUtf8(Uint8Array.fromBase64(plaintext));
}
