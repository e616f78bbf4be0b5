/**
 * The `dummy` SDK: `tok_<base64 of the UTF-8 value>_poc`. Anybody can read such a token back: it is for
 * trying the program, not for protecting anything.
 *
 * Base64 as in RFC 4648 section 4, padded. The detector accepts canonical encodings only (unused bits
 * are zero), so a value that merely resembles a token is tokenized like any other.
 */
import { encodeBase64 } from "./base64.ts";
import { BASE64, toJavaScript, tokenPattern } from "./token_pattern.ts";
import type { SqlDialect, TokenSdk, TokenSdkAdapter } from "./token_sdk.ts";
import { decodeUtf8 } from "./utf8.ts";

const PREFIX = "tok_";
const SUFFIX = "_poc";
const pattern = tokenPattern(
  `${PREFIX}(?:${BASE64.group})*(?:${BASE64.oneByte}|${BASE64.twoBytes})?${SUFFIX}`,
);

const isToken = toJavaScript(pattern);

const sdk: TokenSdk = {
  pattern,
  tokenize: (values) => values.map((value) => PREFIX + encodeBase64(value) + SUFFIX),
  maxTokenLength: (valueBytes) => PREFIX.length + 4 * Math.ceil(valueBytes / 3) + SUFFIX.length,
  maxValueBytes: (tokenLength) => 3 * Math.floor((tokenLength - PREFIX.length - SUFFIX.length) / 4),
  detokenize: (tokens) => tokens.map((token) => isToken.test(token) ? decode(token) : null),
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

/** The value; null if the token's bytes are not UTF-8, so it was not made from a value. */
function decode(token: string): string | null {
  return decodeUtf8(Uint8Array.fromBase64(token.slice(PREFIX.length, -SUFFIX.length)));
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
