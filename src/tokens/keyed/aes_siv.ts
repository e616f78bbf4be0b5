/**
 * The `aes-siv` SDK: deterministic authenticated encryption (RFC 5297, AEAD_AES_SIV_CMAC_512). The
 * payload is the synthetic IV of 16 bytes followed by the encrypted UTF-8 of the value, which has as
 * many bytes as the value. The holder of the key can read the values back, and tell tokens from
 * lookalikes.
 *
 * The binding (`bindingOf`) is the only string of associated data.
 */
import { ServiceError } from "../../errors.ts";
import { decodeCanonicalBase64Url } from "../base64.ts";
import type { TokenKey } from "./key_set.ts";
import {
  KEYED_ENVIRONMENT,
  type KeyedSettings,
  keyIdsOf,
  readKeyedSettings,
} from "./keyed_settings.ts";
import {
  currentPattern,
  domainOf,
  familyPattern,
  keyedPattern,
  patternOfKey,
  payloadBytes,
  payloadLength,
  splitToken,
  tokenHead,
  tokenOf,
} from "./keyed_token.ts";
import { SIV_BYTES, type SivCipher, startSiv } from "./siv_cipher.ts";
import { BASE64_URL, toJavaScript } from "../token_pattern.ts";
import { bindingOf, type TokenScope } from "../token_scope.ts";
import type { TokenContext, TokenSdk, TokenSdkAdapter } from "../token_sdk.ts";
import { borrowUtf8, decodeUtf8 } from "../utf8.ts";

const MODE = "aes-siv";
const NAME = "siv";
const { char, group, oneByte, twoBytes } = BASE64_URL;
/** 16 bytes or more: five whole groups and at least one byte. */
const PAYLOAD = `${char}{20}(?:(?:${group})*(?:${oneByte}|${twoBytes})|(?:${group})+)`;

function createSdk({ scope, keys: settings }: KeyedSettings): TokenSdk {
  const pattern = keyedPattern(NAME, PAYLOAD, settings);
  const head = tokenHead(NAME, scope, settings[0]!);
  const shortestHead = Math.min(...settings.map((key) => tokenHead(NAME, scope, key).length));
  let keys: readonly TokenKey[] = settings.map(({ id, bytes }) => ({ id, bytes: bytes.slice() }));
  return {
    pattern,
    current: currentPattern(NAME, PAYLOAD, scope, settings),
    patternOf: (id) => patternOfKey(NAME, PAYLOAD, settings, id),
    authenticates: true,
    tokenize(values, context) {
      if (keys.length === 0) throw closed("tokenize");
      const cipher = startSiv(keys[0]!.bytes, [bindingOf(domainOf(MODE, scope), scope, context)]);
      try {
        return values.map((value) => tokenOf(head, cipher.encrypt(borrowUtf8(value))));
      } finally {
        cipher.forget();
      }
    },
    maxTokenLength: (valueBytes) => head.length + payloadLength(SIV_BYTES + valueBytes),
    maxValueBytes: (tokenLength) => payloadBytes(tokenLength - shortestHead) - SIV_BYTES,
    detokenize(tokens, context) {
      if (keys.length === 0) throw closed("read tokens back");
      const reader = tokenReader(keys, context);
      const isToken = toJavaScript(pattern);
      try {
        return tokens.map((token) => isToken.test(token) ? reader.read(token) : null);
      } finally {
        reader.forget();
      }
    },
    close() {
      for (const { bytes } of keys) bytes.fill(0);
      keys = [];
      return Promise.resolve();
    },
  };
}

/** Reads tokens of one place, made with any key in any scope; null if authentication fails. */
function tokenReader(keys: readonly TokenKey[], context: TokenContext) {
  const ciphers = new Map<string, SivCipher>();
  const cipherOf = (scope: TokenScope, keyId: string) => {
    const name = `${scope} ${keyId}`;
    const known = ciphers.get(name);
    if (known !== undefined) return known;
    const key = keys.find(({ id }) => id === keyId)!;
    const cipher = startSiv(key.bytes, [bindingOf(domainOf(MODE, scope), scope, context)]);
    ciphers.set(name, cipher);
    return cipher;
  };
  return {
    read(token: string): string | null {
      const { scope, keyId, payload } = splitToken(token);
      const plaintext = cipherOf(scope, keyId).decrypt(decodeCanonicalBase64Url(payload));
      return plaintext === undefined ? null : decodeUtf8(plaintext);
    },
    forget() {
      for (const cipher of ciphers.values()) cipher.forget();
    },
  };
}

function closed(action: string): ServiceError {
  return new ServiceError("token_sdk_error", `Cannot ${action}: the token SDK is closed`);
}

/** The adapter behind `TOKEN_SDK_MODE=aes-siv`. */
export const aesSiv: TokenSdkAdapter<KeyedSettings> = {
  mode: MODE,
  environment: KEYED_ENVIRONMENT,
  family: familyPattern(NAME, PAYLOAD),
  readSettings: (read) => readKeyedSettings(read, "AEAD_AES_SIV_CMAC_512"),
  keyIds: keyIdsOf,
  endpoints: () => [],
  create: createSdk,
};
