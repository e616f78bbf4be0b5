/**
 * The `aes-siv` SDK: deterministic authenticated encryption (RFC 5297, AEAD_AES_SIV_CMAC_512). The
 * payload is the synthetic IV of 16 bytes, and behind it the encrypted UTF-8 of the value, which has
 * as many bytes as the value has. Whoever holds the key can read the values back, and tell a token
 * from what only looks like one.
 *
 * The binding (`bindingOf`) is the one string of associated data.
 */
import { aessiv } from "@noble/ciphers/aes.js";
import { ServiceError } from "../errors.ts";
import { decodeBase64Url } from "./base64.ts";
import type { TokenKey } from "./key_set.ts";
import { KEYED_ENVIRONMENT, type KeyedSettings, readKeyedSettings } from "./keyed_settings.ts";
import {
  keyedPattern,
  PAYLOAD_CHAR,
  PAYLOAD_ENDS,
  payloadLength,
  splitToken,
  tokenHead,
  tokenOf,
} from "./keyed_token.ts";
import { SIV_BYTES, startSiv } from "./siv_cipher.ts";
import { toJavaScript } from "./token_pattern.ts";
import { bindingOf } from "./token_scope.ts";
import type { TokenContext, TokenSdk, TokenSdkAdapter } from "./token_sdk.ts";
import { borrowUtf8, decodeUtf8 } from "./utf8.ts";

const MODE = "aes-siv";
const NAME = "siv";
const DOMAIN = "tokenize-action tk1 aes-siv";
const GROUP = PAYLOAD_CHAR.repeat(4);
/** 16 bytes or more: five whole groups, and at least one byte more. */
const PAYLOAD = `${PAYLOAD_CHAR}{20}` +
  `(?:(?:${GROUP})*(?:${PAYLOAD_ENDS.one}|${PAYLOAD_ENDS.two})|(?:${GROUP})+)`;

function createSdk({ scope, keys: settings }: KeyedSettings): TokenSdk {
  const pattern = keyedPattern(NAME, PAYLOAD, settings);
  const head = tokenHead(NAME, scope, settings[0]!);
  let keys: readonly TokenKey[] = settings.map(({ id, bytes }) => ({ id, bytes: bytes.slice() }));
  return {
    pattern,
    tokenize(values, context) {
      if (keys.length === 0) throw closed("tokenize");
      const cipher = startSiv(keys[0]!.bytes, [bindingOf(DOMAIN, scope, context)]);
      try {
        return values.map((value) => tokenOf(head, cipher.encrypt(borrowUtf8(value))));
      } finally {
        cipher.forget();
      }
    },
    maxTokenLength: (valueBytes) => head.length + payloadLength(SIV_BYTES + valueBytes),
    detokenize(tokens, context) {
      if (keys.length === 0) throw closed("read tokens back");
      const isToken = toJavaScript(pattern);
      return tokens.map((token) => isToken.test(token) ? decrypt(keys, token, context) : null);
    },
    close() {
      for (const { bytes } of keys) bytes.fill(0);
      keys = [];
      return Promise.resolve();
    },
  };
}

/** The value; null where authentication fails. */
function decrypt(keys: readonly TokenKey[], token: string, context: TokenContext): string | null {
  const { scope, keyId, payload } = splitToken(token);
  const key = keys.find(({ id }) => id === keyId)!;
  try {
    const binding = bindingOf(DOMAIN, scope, context);
    return decodeUtf8(aessiv(key.bytes, binding).decrypt(decodeBase64Url(payload)!));
  } catch {
    return null;
  }
}

function closed(action: string): ServiceError {
  return new ServiceError("token_sdk_error", `Cannot ${action}: the token SDK is closed`);
}

/** The adapter behind `TOKEN_SDK_MODE=aes-siv`. */
export const aesSiv: TokenSdkAdapter<KeyedSettings> = {
  mode: MODE,
  environment: KEYED_ENVIRONMENT,
  family: keyedPattern(NAME, PAYLOAD),
  readSettings: (read) => readKeyedSettings(read, "AEAD_AES_SIV_CMAC_512"),
  endpoints: () => [],
  create: createSdk,
};
