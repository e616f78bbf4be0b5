/**
 * What a run turns into tokens, and how. The platforms know a token SDK by this only: where the texts
 * stand is their business, what becomes of them is not.
 *
 * Glossary
 * - Foreign: a token, but not what the SDK would write now: another SDK's, another key's. Never
 *   tokenized again.
 * - Lookalike: a text in the form of a token that fails its authentication. Left alone.
 * - Rotation: tokens of an old key or SDK become those of the current one.
 */
import { ServiceError } from "../errors.ts";
import { TOKEN_SDK_ADAPTERS } from "./adapters.ts";
import { type Selection, uniquePatterns } from "./selection.ts";
import { mayOverlap, type TokenPattern } from "./token_pattern.ts";
import type { SqlDialect, TokenContext, TokenSdk } from "./token_sdk.ts";

/** Tokens in the texts' order; null for one that is a lookalike. */
type Convert = (
  texts: readonly string[],
  context: TokenContext,
) => (string | null)[] | Promise<(string | null)[]>;

/** What a run does to a column's texts. */
export interface Conversion {
  /** The texts that are converted. */
  readonly selects: Selection;
  /** Throws `token_sdk_unreachable` or `token_sdk_error`, whose messages never hold a value. */
  readonly convert: Convert;
  /** Whether some of what is selected may be lookalikes, so that only `convert` can tell. */
  readonly canReject: boolean;
  /** Matches all that `convert` gives. */
  readonly result: TokenPattern;
  /** Tokens that are left alone, and are not what the SDK would write now. */
  readonly foreign: Selection;
  /** The most characters a token can have for a selected text of `bytes` bytes in UTF-8. */
  maxLength(bytes: number): number;
  /** See `TokenSdk`. Left out where only `convert` can do the work. */
  readonly sqlExpression?: (dialect: SqlDialect, operand: string) => string;
  /**
   * Turns each of the SDK's tokens into itself, and thereby tells the lookalikes. For dry runs; left
   * out where there is no authentication to try.
   */
  readonly audit?: Omit<Conversion, "audit">;
}

/** Tokens to start a rotation from. */
export interface RotationSource {
  /** The SDK that made them. */
  readonly sdk: TokenSdk;
  /** Only those of this key; undefined for all of the SDK's. */
  readonly keyId: string | undefined;
}

/** Tokens of every SDK there is, of whatever key. */
const FAMILIES = TOKEN_SDK_ADAPTERS.map(({ family }) => family);

/** Values become tokens; what is a token of any SDK and key is left alone. */
export function tokenizing(sdk: TokenSdk): Conversion {
  const { pattern, sqlExpression } = sdk;
  const known = uniquePatterns([pattern, ...FAMILIES]);
  const foreign = difference(known, [currentOf(sdk)]);
  const maxLength = (bytes: number) => sdk.maxTokenLength(bytes);
  return {
    selects: { exclude: known },
    convert: (values, context) => sdk.tokenize(values, context),
    canReject: false,
    result: pattern,
    foreign,
    maxLength,
    ...(sqlExpression && { sqlExpression: sqlExpression.bind(sdk) }),
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
 * Tokens of `from` become what `to` gives for their values; all else is left alone.
 *
 * Throws `invalid_request` where the tokens cannot be read back.
 */
export function rotating({ sdk: from, keyId }: RotationSource, to: TokenSdk): Conversion {
  const source = keyId === undefined ? from.pattern : from.patternOf?.(keyId);
  if (source === undefined) throw new TypeError("Cannot rotate: the SDK does not know the key");
  const current = currentOf(to);
  return {
    selects: { include: [source], exclude: [current] },
    convert: from === to && to.renew ? to.renew.bind(to) : throughValues(from, to),
    result: to.pattern,
    foreign: difference(uniquePatterns([from.pattern, to.pattern, ...FAMILIES]), [source, current]),
    canReject: true,
    maxLength: (bytes) => to.maxTokenLength(from.maxValueBytes?.(bytes) ?? bytes),
  };
}

function throughValues(from: TokenSdk, to: TokenSdk): Convert {
  const detokenize = readBack(from);
  return async (tokens, context) => {
    const values = await detokenize(tokens, context);
    const known = values.filter((value) => value !== null);
    const made = known.length === 0 ? [] : await to.tokenize(known, context);
    if (made.length !== known.length) throw wrongNumber();
    let next = 0;
    return values.map((value) => value === null ? null : made[next++]!);
  };
}

/** Tokens that can be read back as they are, and null for the others. */
function authenticated(detokenize: Convert): Convert {
  return async (tokens, context) => {
    const values = await detokenize(tokens, context);
    return tokens.map((token, i) => values[i] === null ? null : token);
  };
}

function readBack(sdk: TokenSdk): Convert {
  if (sdk.detokenize === undefined) {
    throw new ServiceError(
      "invalid_request",
      "Cannot rotate: the tokens of this SDK are one-way, nobody can read them back",
    );
  }
  return sdk.detokenize.bind(sdk);
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
    "Cannot rotate: the token SDK gave another number of tokens than it was given values",
  );
}
