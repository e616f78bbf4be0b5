/** Base64 of strings and bytes. */
import { borrowUtf8 } from "./utf8.ts";

/** Base64 of a string's UTF-8 bytes (RFC 4648 section 4, padded). Lone surrogates become U+FFFD. */
export function encodeBase64(text: string): string {
  return borrowUtf8(text).toBase64();
}

/** The URL-safe alphabet without padding (RFC 4648 section 5), as tokens and JSON Web Keys have it. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The bytes of what matches a pattern that only `encodeBase64Url` can have given. */
export function decodeCanonicalBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

/** What `encodeBase64Url` encoded; undefined where it cannot have been made by that. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return encodeBase64Url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
