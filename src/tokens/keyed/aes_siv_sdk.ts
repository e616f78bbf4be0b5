/**
 * The `aes-siv` SDK: deterministic authenticated encryption (RFC 5297, AEAD_AES_SIV_CMAC_512). The
 * payload is the synthetic IV of 16 bytes followed by the encrypted UTF-8 of the value, which has as
 * many bytes as the value. The holder of the key can read the values back, and tell tokens from
 * lookalikes.
 *
 * The binding (`bindingOf`) is the only string of associated data.
 */
import { ServiceError } from "../../errors.ts";
import { readBase64, URL_ALPHABET } from "../base64.ts";
import { toByteMatcher } from "../byte_matcher.ts";
import { copyBytes } from "../../bytes.ts";
import type { TokenKey } from "./key_set.ts";
import type { KeyedSettings } from "./keyed_settings.ts";
import {
  AES_SIV,
  currentPattern,
  domainOf,
  headBytes,
  keyedPattern,
  patternOfKey,
  payloadBytes,
  payloadLength,
  tokenHead,
  writeToken,
} from "./keyed_token.ts";
import {
  overNullableTexts,
  overTexts,
  type PackedResults,
  type PackedTexts,
  startOf,
} from "../packed_texts.ts";
import { SIV_BYTES, type SivCipher, startSiv } from "./siv_cipher.ts";
import { bindingOf, TOKEN_SCOPES } from "../token_scope.ts";
import type { TokenContext, TokenSdk } from "../token_sdk.ts";
import { valuesOfTokens } from "../values_of_tokens.ts";

const { mode: MODE, name: NAME, payload: PAYLOAD } = AES_SIV;

/** The SDK. */
export function aesSivSdk({ scope, keys: settings }: KeyedSettings): TokenSdk {
  const pattern = keyedPattern(NAME, PAYLOAD, settings);
  const isToken = toByteMatcher(pattern);
  const head = headBytes(tokenHead(NAME, scope, settings[0]!));
  const shortestHead = Math.min(...settings.map((key) => tokenHead(NAME, scope, key).length));
  const tokenLength = (valueBytes: number) => head.length + payloadLength(SIV_BYTES + valueBytes);
  let keys: readonly TokenKey[] = settings.map(({ id, bytes }) => ({ id, bytes: bytes.slice() }));

  function tokenizeBytes({ bytes, ends }: PackedTexts, context: TokenContext): PackedTexts {
    if (keys.length === 0) throw closed("tokenize");
    const cipher = startSiv(keys[0]!.bytes, [bindingOf(domainOf(MODE, scope), scope, context)]);
    const tokens = new Uint8Array(totalLength(ends, tokenLength));
    const tokenEnds = new Uint32Array(ends.length);
    try {
      for (let i = 0, at = 0; i < ends.length; i++) {
        const payload = cipher.encrypt(bytes.subarray(startOf(ends, i), ends[i]));
        at = writeToken(head, payload, tokens, at);
        tokenEnds[i] = at;
      }
      return { bytes: tokens, ends: tokenEnds };
    } finally {
      cipher.forget();
    }
  }

  function detokenizeBytes(tokens: PackedTexts, context: TokenContext): PackedResults {
    if (keys.length === 0) throw closed("read tokens back");
    const reader = new TokenReader(keys, context);
    const { bytes } = tokens;
    try {
      return valuesOfTokens(tokens, (start, end, target, at) => {
        if (!isToken(bytes, start, end)) return undefined;
        const value = reader.read(bytes, start, end);
        return value && copyBytes(value, 0, value.length, target, at);
      });
    } finally {
      reader.forget();
    }
  }

  return {
    pattern,
    current: currentPattern(NAME, PAYLOAD, scope, settings),
    keyId: settings[0]!.id,
    patternOf: (id) => patternOfKey(NAME, PAYLOAD, settings, id),
    authenticates: true,
    tokenize: overTexts(tokenizeBytes),
    tokenizeBytes,
    maxTokenLength: tokenLength,
    maxValueBytes: (tokenLength) => payloadBytes(tokenLength - shortestHead) - SIV_BYTES,
    detokenize: overNullableTexts(detokenizeBytes),
    detokenizeBytes,
    close() {
      for (const { bytes } of keys) bytes.fill(0);
      keys = [];
      return Promise.resolve();
    },
  };
}

/** The bytes of the tokens of all values, which end at `ends`. */
function totalLength(ends: Uint32Array, tokenLength: (valueBytes: number) => number): number {
  let length = 0;
  for (let i = 0; i < ends.length; i++) length += tokenLength(ends[i]! - startOf(ends, i));
  return length;
}

/** What reads the tokens that begin with `head`: those of one key and scope. */
interface HeadReader {
  readonly head: Uint8Array;
  readonly startCipher: () => SivCipher;
  cipher?: SivCipher;
}

/** Reads tokens of one place, made with any key in any scope. */
class TokenReader {
  readonly #heads: readonly HeadReader[];
  #last: HeadReader;
  #payload = new Uint8Array(1024);

  constructor(keys: readonly TokenKey[], context: TokenContext) {
    this.#heads = keys.flatMap((key) =>
      TOKEN_SCOPES.map((scope) => ({
        head: headBytes(tokenHead(NAME, scope, key)),
        startCipher: () => startSiv(key.bytes, [bindingOf(domainOf(MODE, scope), scope, context)]),
      }))
    );
    this.#last = this.#heads[0]!;
  }

  /**
   * The value of the token from `start` up to `end`, which matches the pattern; valid until the next call.
   * Undefined if authentication fails.
   */
  read(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const beginsWith = ({ head }: HeadReader) => head.every((byte, i) => bytes[start + i] === byte);
    // no head begins with another, and most tokens of a column have the same
    if (!beginsWith(this.#last)) this.#last = this.#heads.find(beginsWith)!;
    const { head, startCipher } = this.#last;
    this.#last.cipher ??= startCipher();
    if (this.#payload.length < end - start) this.#payload = new Uint8Array(2 * (end - start));
    const length = readBase64(URL_ALPHABET, bytes, start + head.length, end, this.#payload, 0);
    return this.#last.cipher.decrypt(this.#payload.subarray(0, length));
  }

  /** Overwrites what was derived from the keys. */
  forget(): void {
    for (const { cipher } of this.#heads) cipher?.forget();
  }
}

function closed(action: string): ServiceError {
  return new ServiceError("token_sdk_error", `Cannot ${action}: the token SDK is closed`);
}
