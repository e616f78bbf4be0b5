/**
 * The `dummy` SDK: `tok_<base64 of the UTF-8 value>_poc`. Anybody can read such a token back: it is for
 * trying the program, not for protecting anything.
 *
 * Base64 as in RFC 4648 section 4, padded. The detector accepts canonical encodings only (unused bits
 * are zero), so a value that merely resembles a token is tokenized like any other.
 */
import { base64Length, readBase64, STANDARD_ALPHABET, writeBase64 } from "./base64.ts";
import { toByteMatcher } from "./byte_matcher.ts";
import {
  overNullableTexts,
  overTexts,
  type PackedResults,
  type PackedTexts,
  replaceByNulls,
  startOf,
} from "./packed_texts.ts";
import { BASE64, tokenPattern } from "./token_pattern.ts";
import type { SqlDialect, TokenSdk, TokenSdkAdapter } from "./token_sdk.ts";
import { findInvalidTexts } from "./utf8.ts";

const PREFIX = "tok_";
const SUFFIX = "_poc";
const pattern = tokenPattern(
  `${PREFIX}(?:${BASE64.group})*(?:${BASE64.oneByte}|${BASE64.twoBytes})?${SUFFIX}`,
);

const isToken = toByteMatcher(pattern);

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
  const lengths = ends.map((end, i) => tokenLength(end - startOf(ends, i)));
  const tokens = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  const tokenEnds = ends.map((end, i) => {
    tokens.set(prefix!, at);
    const start = startOf(ends, i);
    at = writeBase64(STANDARD_ALPHABET, bytes, start, end, tokens, at + prefix!.length);
    tokens.set(suffix!, at);
    return at += suffix!.length;
  });
  return { bytes: tokens, ends: tokenEnds };
}

function tokenLength(valueBytes: number): number {
  return PREFIX.length + base64Length(valueBytes, STANDARD_ALPHABET) + SUFFIX.length;
}

/** The values; null if a text is no token, or its bytes are not UTF-8, so it was not made from a value. */
function detokenizeBytes({ bytes, ends }: PackedTexts): PackedResults {
  const values = new Uint8Array(bytes.length);
  const foreign = new Set<number>();
  let at = 0;
  const valueEnds = ends.map((end, i) => {
    const start = startOf(ends, i);
    if (!isToken(bytes, start, end)) foreign.add(i);
    else {
      const [from, to] = [start + PREFIX.length, end - SUFFIX.length];
      at = readBase64(STANDARD_ALPHABET, bytes, from, to, values, at);
    }
    return at;
  });
  const read = { bytes: values.subarray(0, at), ends: valueEnds };
  for (const i of findInvalidTexts(read)) foreign.add(i);
  return replaceByNulls(read, [...foreign].sort((one, other) => one - other));
}

/** The adapter behind `TOKEN_SDK_MODE=dummy`. */
export const dummy: TokenSdkAdapter<null> = {
  mode: "dummy",
  environment: [],
  family: pattern,
  readSettings: () => null,
  endpoints: () => [],
  create: () => sdk,
};
