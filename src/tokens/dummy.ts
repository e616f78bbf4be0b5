/**
 * The `dummy` SDK: `tok_<base64 of the UTF-8 value>_poc`. Anybody can read such a token back: it is for
 * trying the program, not for protecting anything.
 *
 * Base64 as in RFC 4648 section 4, padded. The detector accepts canonical encodings only (unused bits
 * are zero), so a value that merely resembles a token is tokenized like any other.
 */
import { base64Length, readBase64, standardAlphabet, writeBase64 } from "./base64.ts";
import { toByteMatcher } from "./byte_matcher.ts";
import { copyBytes } from "../bytes.ts";
import {
  overNullableTexts,
  overTexts,
  type PackedResults,
  type PackedTexts,
  startOf,
} from "./packed_texts.ts";
import { BASE64, tokenPattern } from "./token_pattern.ts";
import type { SqlDialect, TokenSdk, TokenSdkAdapter } from "./token_sdk.ts";
import { valuesOfTokens } from "./values_of_tokens.ts";

const PREFIX = "tok_";
const SUFFIX = "_poc";
const pattern = tokenPattern(
  `${PREFIX}(?:${BASE64.group})*(?:${BASE64.oneByte}|${BASE64.twoBytes})?${SUFFIX}`,
);

const sdk: TokenSdk = {
  pattern,
  tokenize: overTexts(tokenizeBytes),
  tokenizeBytes,
  maxTokenLength: tokenLength,
  maxValueBytes: (tokenLength) => 3 * Math.floor((tokenLength - PREFIX.length - SUFFIX.length) / 4),
  detokenize: overNullableTexts(detokenizeBytes),
  detokenizeBytes,
  sqlExpression: (dialect, operand) =>
    `'${PREFIX}' || ${base64Sql[dialect](operand)} || '${SUFFIX}'`,
};

const base64Sql: Record<SqlDialect, (operand: string) => string> = {
  // encode() breaks its lines after 76 characters; translate() would take ten times replace()'s time
  postgres: (operand) =>
    `pg_catalog.replace(pg_catalog.encode(pg_catalog.convert_to(${operand}, 'UTF8'), 'base64'), E'\\n', '')`,
  // Spark's base64() would encode a string in the session's charset
  // and breaks lines after 76 characters in Spark 3.3 to 4.0 (SPARK-47307)
  spark: (operand) => `translate(base64(encode(${operand}, 'UTF-8')), '\\r\\n', '')`,
};

const [prefix, suffix] = [PREFIX, SUFFIX].map((text) => new TextEncoder().encode(text));

function tokenizeBytes({ bytes, ends }: PackedTexts): PackedTexts {
  let length = 0;
  for (let i = 0; i < ends.length; i++) length += tokenLength(ends[i]! - startOf(ends, i));
  const tokens = new Uint8Array(length);
  const view = new DataView(tokens.buffer);
  const alphabet = standardAlphabet();
  const tokenEnds = new Uint32Array(ends.length);
  for (let i = 0, at = 0; i < ends.length; i++) {
    at = copyBytes(prefix!, 0, prefix!.length, tokens, at);
    at = writeBase64(alphabet, bytes, startOf(ends, i), ends[i]!, view, at);
    at = copyBytes(suffix!, 0, suffix!.length, tokens, at);
    tokenEnds[i] = at;
  }
  return { bytes: tokens, ends: tokenEnds };
}

function tokenLength(valueBytes: number): number {
  return PREFIX.length + base64Length(valueBytes, standardAlphabet()) + SUFFIX.length;
}

function detokenizeBytes(tokens: PackedTexts): PackedResults {
  const { bytes } = tokens;
  const alphabet = standardAlphabet();
  const isToken = toByteMatcher(pattern); // not before it is needed: making it takes milliseconds
  return valuesOfTokens(tokens, (start, end, target, at) => {
    if (!isToken(bytes, start, end)) return undefined;
    const [from, to] = [start + PREFIX.length, end - SUFFIX.length];
    return readBase64(alphabet, bytes, from, to, target, at);
  });
}

/** The adapter behind `TOKEN_SDK_MODE=dummy`. */
export const dummy: TokenSdkAdapter<null> = {
  mode: "dummy",
  environment: [],
  family: pattern,
  readSettings: () => null,
  isForTrying: true,
  endpoints: () => [],
  create: () => sdk,
};
