/**
 * The `hmac-sha256` SDK: one-way, deterministic, keyed. The payload is all 32 bytes, or the first ones (RFC
 * 2104 section 5), of
 *
 *     HMAC-SHA-256(key, binding || zeros || value in UTF-8)
 *
 * The binding (`bindingOf`) encodes its own length, so no part of the value can be mistaken for it.
 * Zeros fill its last block of 64 bytes, so that it is hashed once for many values.
 */
import { ServiceError } from "../../errors.ts";
import { copyBytes } from "../../bytes.ts";
import { urlAlphabet, writeBase64 } from "../base64.ts";
import { HMAC_BLOCK_BYTES, HMAC_BYTES } from "./hmac.ts";
import { HmacLanes } from "./hmac_lanes.ts";
import { openSha256Lanes } from "./sha256_lanes.ts";
import { hmacTokenSql } from "./hmac_sql.ts";
import { secretNameOf } from "./key_set.ts";
import type { HmacSettings } from "./keyed_settings.ts";
import {
  currentPattern,
  domainOf,
  headBytes,
  HMAC,
  keyedPattern,
  patternOfKey,
  payloadLength,
  payloadOf,
  tokenHead,
} from "./keyed_token.ts";
import { overTexts, type PackedTexts } from "../packed_texts.ts";
import { bindingOf } from "../token_scope.ts";
import type { TokenContext, TokenSdk } from "../token_sdk.ts";

const { mode: MODE, name: NAME, payload: PAYLOAD } = HMAC;

/** The SDK. */
export function hmacSdk({ scope, keys, tokenBytes }: HmacSettings): TokenSdk {
  const [writing] = keys;
  const headText = tokenHead(NAME, scope, writing!);
  const head = headBytes(headText);
  const tokenLength = head.length + payloadLength(tokenBytes);
  const beginning = (context: TokenContext) =>
    fillBlock(bindingOf(domainOf(MODE, scope), scope, context));
  const lanes = openSha256Lanes();
  const alphabet = urlAlphabet();
  let key: Uint8Array | undefined = writing!.bytes.slice();

  function tokenizeBytes({ bytes, ends }: PackedTexts, context: TokenContext): PackedTexts {
    if (key === undefined) throw closed();
    const hmac = new HmacLanes(lanes, key, beginning(context));
    try {
      const codes = hmac.codesOf({ bytes, ends });
      const tokens = new Uint8Array(ends.length * tokenLength);
      const view = new DataView(tokens.buffer);
      for (let i = 0, at = 0; i < ends.length; i++) {
        const code = HMAC_BYTES * i;
        at = copyBytes(head, 0, head.length, tokens, at);
        at = writeBase64(alphabet, codes, code, code + tokenBytes, view, at);
      }
      return { bytes: tokens, ends: ends.map((_, i) => tokenLength * (i + 1)) };
    } finally {
      hmac.forget();
    }
  }

  return {
    pattern: keyedPattern(NAME, PAYLOAD, keys),
    current: currentPattern(NAME, payloadOf(tokenBytes), scope, keys),
    keyId: keys[0]!.id,
    patternOf: (id) => patternOfKey(NAME, PAYLOAD, keys, id),
    tokenize: overTexts(tokenizeBytes),
    tokenizeBytes,
    maxTokenLength: () => tokenLength,
    keyedSql: {
      keyId: writing!.id,
      secretName: secretNameOf(writing!.id),
      expression: (operand, context, engine) =>
        hmacTokenSql({ head: headText, tokenBytes }, beginning(context), operand, engine),
    },
    close() {
      key?.fill(0);
      key = undefined;
      return Promise.resolve();
    },
  };
}

function fillBlock(bytes: Uint8Array): Uint8Array {
  const filled = new Uint8Array(Math.ceil(bytes.length / HMAC_BLOCK_BYTES) * HMAC_BLOCK_BYTES);
  filled.set(bytes);
  return filled;
}

function closed(): ServiceError {
  return new ServiceError("token_sdk_error", "Cannot tokenize: the token SDK is closed");
}
