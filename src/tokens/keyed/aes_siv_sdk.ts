/**
 * The `aes-siv` SDK: deterministic authenticated encryption (RFC 5297, AEAD_AES_SIV_CMAC_512). The
 * payload is the synthetic IV of 16 bytes followed by the encrypted UTF-8 of the value, which has as
 * many bytes as the value. The holder of the key can read the values back, and tell tokens from
 * lookalikes.
 *
 * The binding (`bindingOf`) is the only string of associated data.
 */
import { copyBytes } from "../../bytes.ts";
import { ServiceError } from "../../errors.ts";
import { readBase64, urlAlphabet, writeBase64 } from "../base64.ts";
import { type ByteMatcher, toByteMatcher } from "../byte_matcher.ts";
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
} from "./keyed_token.ts";
import {
  overNullableTexts,
  overTexts,
  type PackedResults,
  type PackedTexts,
  startOf,
} from "../packed_texts.ts";
import { SivCells } from "./siv_cells.ts";
import { SIV_BYTES, SivCipher } from "./siv_cipher.ts";
import { bindingOf, TOKEN_SCOPES, type TokenScope } from "../token_scope.ts";
import type { TokenContext, TokenSdk } from "../token_sdk.ts";
import { valuesOfTokens } from "../values_of_tokens.ts";

const { mode: MODE, name: NAME, payload: PAYLOAD } = AES_SIV;

/** The SDK. */
export function aesSivSdk({ scope, keys: settings }: KeyedSettings): TokenSdk {
  const pattern = keyedPattern(NAME, PAYLOAD, settings);
  const isToken = toByteMatcher(pattern);
  const heads = settings.map((key) => tokenHead(NAME, scope, key));
  const shortestHead = Math.min(...heads.map(({ length }) => length));
  const tokenLength = (valueBytes: number) =>
    heads[0]!.length + payloadLength(SIV_BYTES + valueBytes);
  /** What makes tokens comes first. */
  const kinds = settings.flatMap((key) => {
    const bytes = key.bytes.slice();
    return [scope, ...TOKEN_SCOPES.filter((each) => each !== scope)]
      .map((scope) => new TokenKind(tokenHead(NAME, scope, key), scope, bytes));
  });
  let isClosed = false;

  function tokenizeBytes({ bytes, ends }: PackedTexts, context: TokenContext): PackedTexts {
    if (isClosed) throw closed("tokenize");
    const kind = kinds[0]!;
    const { cells } = kind;
    try {
      cells.reserve(ends.length, bytes.length);
      for (let i = 0; i < ends.length; i++) cells.load(bytes, startOf(ends, i), ends[i]!);
      kind.encrypt(context);
      return tokensOf(kind);
    } finally {
      cells.clear();
    }
  }

  function detokenizeBytes(tokens: PackedTexts, context: TokenContext): PackedResults {
    if (isClosed) throw closed("read tokens back");
    try {
      return valuesOf(tokens, kinds, isToken, context);
    } finally {
      for (const { cells } of kinds) cells.clear();
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
      for (const kind of kinds) kind.forgetKey();
      isClosed = true;
      return Promise.resolve();
    },
  };
}

/** The tokens of one key and scope, with the room in which they are worked on. */
class TokenKind {
  readonly head: Uint8Array;
  readonly cells = new SivCells();
  readonly #scope: TokenScope;
  readonly #key: Uint8Array;

  constructor(head: string, scope: TokenScope, key: Uint8Array) {
    this.head = headBytes(head);
    this.#scope = scope;
    this.#key = key;
  }

  /** Encrypts the values in the cells. */
  encrypt(context: TokenContext): void {
    using cipher = this.#cipher(context);
    cipher.encrypt(this.cells);
  }

  /** Decrypts what is in the cells. Gives the numbers of those whose authentication fails. */
  decrypt(context: TokenContext): number[] {
    using cipher = this.#cipher(context);
    return cipher.decrypt(this.cells);
  }

  /** Overwrites the key. */
  forgetKey(): void {
    this.#key.fill(0);
  }

  #cipher(context: TokenContext): SivCipher {
    return new SivCipher(this.#key, [bindingOf(domainOf(MODE, this.#scope), this.#scope, context)]);
  }
}

/** The tokens of the values that are encrypted in the cells. */
function tokensOf({ head, cells }: TokenKind): PackedTexts {
  const { lengths, firsts, count } = cells;
  const ends = new Uint32Array(count);
  for (let i = 0, end = 0; i < count; i++) {
    end += head.length + payloadLength(SIV_BYTES + lengths[i]!);
    ends[i] = end;
  }
  const bytes = new Uint8Array(ends.at(-1) ?? 0);
  const view = new DataView(bytes.buffer);
  const alphabet = urlAlphabet();
  for (let i = 0, at = 0; i < count; i++) {
    const start = 4 * firsts[i]!;
    at = copyBytes(head, 0, head.length, bytes, at);
    at = writeBase64(alphabet, cells.bytes, start, start + SIV_BYTES + lengths[i]!, view, at);
  }
  return { bytes, ends };
}

/** The values of tokens of one place, made with any key in any scope. */
function valuesOf(
  tokens: PackedTexts,
  kinds: readonly TokenKind[],
  isToken: ByteMatcher,
  context: TokenContext,
): PackedResults {
  const { bytes, ends } = tokens;
  /** The kind of each token, and the number of its cell; no kind if it has not even the form. */
  const kindOf: (TokenKind | undefined)[] = [];
  const cellOf = new Uint32Array(ends.length);
  const alphabet = urlAlphabet();
  let kind = kinds[0]!;
  for (let i = 0; i < ends.length; i++) {
    const [start, end] = [startOf(ends, i), ends[i]!];
    kindOf.push(undefined);
    if (!isToken(bytes, start, end)) continue;
    // no head begins with another, and most tokens of a column have the same
    if (!beginsWith(bytes, start, kind.head)) {
      kind = kinds.find(({ head }) => beginsWith(bytes, start, head))!;
    }
    const { head: { length: headLength }, cells } = kind;
    if (cells.count === 0) cells.reserve(ends.length, bytes.length);
    kindOf[i] = kind;
    cellOf[i] = cells.count;
    const at = cells.add(payloadBytes(end - start - headLength) - SIV_BYTES);
    readBase64(alphabet, bytes, start + headLength, end, cells.bytes, at);
  }
  const failed = new Map(
    new Set(kindOf).values().filter((kind) => kind !== undefined)
      .map((kind) => [kind, new Set(kind.decrypt(context))]),
  );
  return valuesOfTokens(tokens, (_start, _end, target, at, i) => {
    const [kind, cell] = [kindOf[i], cellOf[i]!];
    if (kind === undefined || failed.get(kind)!.has(cell)) return undefined;
    const start = 4 * kind.cells.firsts[cell]! + SIV_BYTES;
    return copyBytes(kind.cells.bytes, start, start + kind.cells.lengths[cell]!, target, at);
  });
}

function beginsWith(bytes: Uint8Array, start: number, head: Uint8Array): boolean {
  for (let i = 0; i < head.length; i++) if (bytes[start + i] !== head[i]) return false;
  return true;
}

function closed(action: string): ServiceError {
  return new ServiceError("token_sdk_error", `Cannot ${action}: the token SDK is closed`);
}
