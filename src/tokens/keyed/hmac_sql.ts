/**
 * The tokens of `hmac-sha256` as SQL, in Spark's dialect.
 *
 * Databricks has the function `hmac` from Runtime 19 on. Before, it is composed as RFC 2104 (section 2)
 * defines it, with `^` for XOR: SHA-256((key ^ 5c…) || SHA-256((key ^ 36…) || message)), where zeros
 * fill the key to a block.
 */
import { HMAC_BLOCK_BYTES } from "./hmac.ts";
import type { SqlEngine } from "../token_sdk.ts";

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const BLOCK_DIGITS = 2 * HMAC_BLOCK_BYTES;

/** The form of a token. */
export interface HmacTokenForm {
  readonly head: string;
  /** How many bytes of the HMAC it holds. */
  readonly tokenBytes: number;
}

/**
 * The token of `operand`: `head`, and as much of the HMAC of `beginning` and the text in base64url. `head` holds
 * no quote; `beginning` are whole blocks; the secret is the key as it stands in the key file. If it is
 * anything else, the result is another token or NULL.
 */
export function hmacTokenSql(
  { head, tokenBytes }: HmacTokenForm,
  beginning: Uint8Array,
  operand: string,
  { hasHmac, ofSecret }: SqlEngine,
): string {
  const known = `X'${beginning.toHex()}'`;
  const text = `encode(${operand}, 'UTF-8')`;
  const code = hasHmac
    ? `hmac(${ofSecret(keyBlock)}, concat(${known}, ${text}), 'SHA-256')`
    : composed((secret) => `concat(${padded(secret, INNER_PAD)}, ${known})`, text, ofSecret);
  // the payload is too short for Base64 to be broken into lines
  const held = `substring(${code}, 1, ${tokenBytes})`;
  return `concat('${head}', translate(base64(${held}), '+/=', '-_'))`;
}

function composed(
  beginning: (secret: string) => string,
  text: string,
  ofSecret: SqlEngine["ofSecret"],
): string {
  const inner = sha256(`concat(${ofSecret(beginning)}, ${text})`);
  return sha256(`concat(${ofSecret((secret) => padded(secret, OUTER_PAD))}, ${inner})`);
}

function sha256(bytes: string): string {
  return `unhex(sha2(${bytes}, 256))`;
}

/** The key, each byte XOR `pad`. */
function padded(secret: string, pad: number): string {
  const byte = `cast(conv(substr(${keyDigits(secret)}, i, 2), 16, 10) AS INT)`;
  const bytes =
    `transform(sequence(1, ${BLOCK_DIGITS}, 2), i -> lpad(hex(${byte} ^ ${pad}), 2, '0'))`;
  return `unhex(array_join(${bytes}, ''))`;
}

function keyBlock(secret: string): string {
  return `unhex(${keyDigits(secret)})`;
}

/**
 * The key in hexadecimal, from base64url without padding, filled with zeros to a block as HMAC does. A
 * line break at the secret's end does no harm; NULL if it is no base64url.
 */
function keyDigits(secret: string): string {
  const text = `regexp_replace(${secret}, '[^A-Za-z0-9_-]', '')`;
  const padding = `repeat('=', pmod(-length(${text}), 4))`;
  const bytes = `try_to_binary(concat(translate(${text}, '-_', '+/'), ${padding}), 'base64')`;
  return `rpad(hex(${bytes}), ${BLOCK_DIGITS}, '0')`;
}
