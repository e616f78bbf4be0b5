/**
 * What a run turns into tokens, and how. This is all that platforms know of a token SDK: they decide
 * where texts are read and written, not what becomes of them.
 *
 * Glossary
 * - Foreign: a token that the SDK would not write now: another SDK's, another key's. Never tokenized
 *   again.
 * - Lookalike: a text in the form of a token that fails its authentication (see `TokenSdk`). Left alone.
 * - Rotation: replaces tokens of an old key or SDK by those of the current one.
 * - Restoring: replaces tokens by the values that they were made of.
 */
import { ServiceError } from "../errors.ts";
import { TOKEN_SDK_ADAPTERS } from "./adapters.ts";
import { toByteMatcher } from "./byte_matcher.ts";
import { mayOverlap } from "./literal_prefixes.ts";
import {
  type BytesFunction,
  dropNulls,
  insertNulls,
  overBytes,
  type PackedResults,
  replaceByNulls,
  startOf,
} from "./packed_texts.ts";
import { findInvalidTexts } from "./utf8.ts";
import { type Selection, uniquePatterns } from "./selection.ts";
import type { TokenPattern } from "./token_pattern.ts";
import type { KeyedSql, SqlDialect, TokenContext, TokenSdk } from "./token_sdk.ts";

/** Tokens in the order of the texts; null for a lookalike. */
type Convert = BytesFunction<TokenContext, PackedResults>;

/** What a run does to a column's texts. */
export interface Conversion {
  /** The texts that are converted. */
  readonly selects: Selection;
  /**
   * Tokens for packed texts. Throws `token_sdk_unreachable` or `token_sdk_error`, whose messages never
   * hold a value.
   */
  readonly convert: Convert;
  /** Whether selected texts may be lookalikes, which only `convert` can tell. */
  readonly canReject: boolean;
  /** Matches everything that `convert` returns, unless it gives values. */
  readonly result: TokenPattern;
  /** Whether it gives values, which may be any text, and not tokens. */
  readonly givesValues?: true;
  /** Tokens that are left alone although the SDK would not write them now. */
  readonly foreign: Selection;
  /** The most characters a token can have for a selected text of `bytes` bytes in UTF-8. */
  maxLength(bytes: number): number;
  /** See `TokenSdk`. Omitted if only `convert` can do the work. */
  readonly sqlExpression?: (dialect: SqlDialect, operand: string) => string;
  /** See `TokenSdk`. */
  readonly keyedSql?: KeyedSql;
  /**
   * Converts each of the SDK's tokens to itself, and so finds the lookalikes. For dry runs; omitted if
   * tokens are not authenticated.
   */
  readonly audit?: Omit<Conversion, "audit">;
}

/** The tokens that a rotation replaces. */
export interface RotationSource {
  /** The SDK that made them. */
  readonly sdk: TokenSdk;
  /** Only those of this key; undefined for all of the SDK's. */
  readonly keyId: string | undefined;
}

/** Tokens of every SDK, with any key. */
const FAMILIES = TOKEN_SDK_ADAPTERS.map(({ family }) => family);

/** Replaces values by tokens; tokens of any SDK and key are left alone. */
export function tokenizing(sdk: TokenSdk): Conversion {
  const { pattern, sqlExpression, keyedSql } = sdk;
  const known = uniquePatterns([pattern, ...FAMILIES]);
  const foreign = difference(known, [currentOf(sdk)]);
  const maxLength = (bytes: number) => sdk.maxTokenLength(bytes);
  return {
    selects: { exclude: known },
    convert: tokenizer(sdk),
    canReject: false,
    result: pattern,
    foreign,
    maxLength,
    ...(sqlExpression && { sqlExpression: sqlExpression.bind(sdk) }),
    ...(keyedSql && { keyedSql }),
    ...(sdk.authenticates && {
      audit: {
        selects: { include: [pattern], exclude: [] },
        convert: authenticated(readBack(sdk)),
        canReject: true,
        result: pattern,
        foreign,
        maxLength,
      },
    }),
  };
}

/**
 * Replaces tokens of `from` by those of `to` for the same values; everything else is left alone.
 *
 * Throws `invalid_request` if the tokens cannot be read back.
 */
export function rotating({ sdk: from, keyId }: RotationSource, to: TokenSdk): Conversion {
  const source = keyId === undefined ? from.pattern : from.patternOf?.(keyId);
  if (source === undefined) throw new TypeError("Cannot rotate: the SDK does not know the key");
  const current = currentOf(to);
  return {
    selects: { include: [source], exclude: [current] },
    convert: from === to && to.renew ? overBytes(to.renew.bind(to)) : throughValues(from, to),
    result: to.pattern,
    foreign: difference(uniquePatterns([from.pattern, to.pattern, ...FAMILIES]), [source, current]),
    canReject: true,
    maxLength: (bytes) => to.maxTokenLength(from.maxValueBytes?.(bytes) ?? bytes),
  };
}

/**
 * Replaces tokens of the SDK's keys by their values; everything else is left alone, tokens of other keys and
 * SDKs as well. What would be no valid text there, or a token again, counts as a lookalike: so a second time
 * there is nothing to do.
 *
 * Throws `invalid_request` if the tokens cannot be read back.
 */
export function restoring(sdk: TokenSdk): Conversion {
  const { pattern } = sdk;
  const detokenize = readBack(sdk, "restore");
  const isToken = toByteMatcher(pattern);
  return {
    selects: { include: [pattern], exclude: [] },
    async convert(tokens, context) {
      const values = await detokenize(tokens, context);
      const { bytes, ends } = values;
      const wrong = new Set([...values.nulls, ...findInvalidTexts(values)]);
      for (let i = 0; i < ends.length; i++) {
        const [start, end] = [startOf(ends, i), ends[i]!];
        // the only character that Postgres does not store
        const hasNul = context.platform === "postgres" && bytes.subarray(start, end).includes(0);
        if (isToken(bytes, start, end) || hasNul) wrong.add(i);
      }
      return replaceByNulls(values, [...wrong].sort((a, b) => a - b));
    },
    canReject: true,
    result: pattern,
    givesValues: true,
    foreign: difference(uniquePatterns([pattern, ...FAMILIES]), [pattern]),
    maxLength: (bytes) => sdk.maxValueBytes?.(bytes) ?? bytes,
  };
}

/** `tokenize`, for packed values. */
function tokenizer(sdk: TokenSdk): Convert {
  const { tokenizeBytes } = sdk;
  if (tokenizeBytes === undefined) return overBytes(sdk.tokenize.bind(sdk));
  return async (values, context) => {
    const { bytes, ends } = await tokenizeBytes.call(sdk, values, context);
    return { bytes, ends, nulls: [] };
  };
}

function throughValues(from: TokenSdk, to: TokenSdk): Convert {
  const [detokenize, tokenize] = [readBack(from), tokenizer(to)];
  return async (tokens, context) => {
    const found = await detokenize(tokens, context);
    const values = dropNulls(found);
    if (values.ends.length === 0) return found;
    const made = dropNulls(await tokenize(values, context));
    if (made.ends.length !== values.ends.length) throw wrongNumber();
    return insertNulls(made, found.nulls);
  };
}

/** The same tokens, with null for those that cannot be read back. */
function authenticated(detokenize: Convert): Convert {
  return async (tokens, context) => {
    const { nulls } = await detokenize(tokens, context);
    return replaceByNulls(tokens, nulls);
  };
}

/** `detokenize`, for packed tokens. */
function readBack(sdk: TokenSdk, action = "rotate"): Convert {
  if (sdk.detokenizeBytes !== undefined) return sdk.detokenizeBytes.bind(sdk);
  if (sdk.detokenize !== undefined) return overBytes(sdk.detokenize.bind(sdk));
  throw new ServiceError(
    "invalid_request",
    `Cannot ${action}: the tokens of this SDK are one-way and cannot be read back`,
  );
}

/** Texts that match one of `patterns`, but none of the `unwanted` ones. */
function difference(
  patterns: readonly TokenPattern[],
  unwanted: readonly TokenPattern[],
): Selection {
  const include = patterns.filter(({ body }) => unwanted.every((each) => each.body !== body));
  // what cannot match the same text need not be excluded
  const exclude = unwanted.filter((each) => include.some((other) => mayOverlap(each, other)));
  return { include, exclude };
}

function currentOf({ current, pattern }: TokenSdk): TokenPattern {
  return current ?? pattern;
}

function wrongNumber(): ServiceError {
  return new ServiceError(
    "token_sdk_error",
    "Cannot rotate: the token SDK returned a different number of tokens than values",
  );
}
