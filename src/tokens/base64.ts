/** Base64 of strings and bytes. */
import { borrowUtf8 } from "./utf8.ts";

/** Base64 of a string's UTF-8 bytes (RFC 4648 section 4, padded). Lone surrogates become U+FFFD. */
export function encodeBase64(text: string): string {
  return borrowUtf8(text).toBase64();
}

/** Base64url without padding (RFC 4648 section 5), as in tokens and JSON Web Keys. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Decodes a text that is known to be canonical, because a token's pattern matched it. */
export function decodeCanonicalBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

/** Decodes canonical base64url without padding; undefined if the text is anything else. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return encodeBase64Url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
