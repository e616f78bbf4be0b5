/**
 * Reads a text as a token, by docs/token-format.md alone: written again here, so that a mistake in what
 * makes and detects tokens does not hide itself from what verifies them.
 */

/** The SDKs by their names in `TOKEN_SDK_MODE`. */
export type TokenSdkName = "dummy" | "hmac-sha256" | "aes-siv" | "vault-transit";

/** Where equal values get equal tokens. */
export type Scope = "global" | "dataset" | "column";

/** What a token says of itself. */
export interface TokenForm {
  readonly sdk: TokenSdkName;
  /** The key's id, or the version of Vault's key, such as `v3`; null if the SDK has no key. */
  readonly keyId: string | null;
  /** Null if the token does not show it. */
  readonly scope: Scope | null;
  /** Whether it is of a version that no longer makes tokens. */
  readonly isFormer: boolean;
  /** What follows the key's id. */
  readonly payload: string;
}

const KEYED = /^tk([12])_(hmac|siv)_([gdc])_([A-Za-z0-9-]{1,16})_([A-Za-z0-9_-]*)$/;
const VAULT = /^vault:(v[1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})$/;
const DUMMY = /^tok_([A-Za-z0-9+/]*={0,2})_poc$/;

const SCOPES: Readonly<Record<string, Scope>> = { g: "global", d: "dataset", c: "column" };
/** 12 to 32 bytes of the HMAC. */
const [MIN_HMAC_CHARACTERS, MAX_HMAC_CHARACTERS] = [16, 43];
/** A synthetic IV of 16 bytes. */
const MIN_SIV_CHARACTERS = 22;
/** A nonce and a tag. */
const MIN_VAULT_BYTES = 28;

/** The token; undefined for any other text. */
export function readToken(text: string): TokenForm | undefined {
  if (text.startsWith("tk")) return readKeyed(text);
  if (text.startsWith("vault:")) return readVault(text);
  if (text.startsWith("tok_")) return readDummy(text);
  return undefined;
}

function readKeyed(text: string): TokenForm | undefined {
  const [, version, sdk, letter, keyId, payload] = KEYED.exec(text) ?? [];
  if (payload === undefined) return undefined;
  const scope = SCOPES[letter!]!;
  const isFormer = version === "1" && scope !== "global";
  if (version === "2" && scope === "global") return undefined;
  if (!isCanonicalUrl(payload)) return undefined;
  const isHmac = sdk === "hmac";
  if (isHmac && (payload.length < MIN_HMAC_CHARACTERS || payload.length > MAX_HMAC_CHARACTERS)) {
    return undefined;
  }
  if (sdk === "siv" && payload.length < MIN_SIV_CHARACTERS) return undefined;
  return {
    sdk: isHmac ? "hmac-sha256" : "aes-siv",
    keyId: keyId!,
    scope,
    isFormer,
    payload,
  };
}

function readVault(text: string): TokenForm | undefined {
  const [, keyId, payload] = VAULT.exec(text) ?? [];
  if (payload === undefined || !isCanonical(payload)) return undefined;
  if (byteLength(payload) < MIN_VAULT_BYTES) return undefined;
  return { sdk: "vault-transit", keyId: keyId!, scope: null, isFormer: false, payload };
}

function readDummy(text: string): TokenForm | undefined {
  const [, payload] = DUMMY.exec(text) ?? [];
  if (payload === undefined || !isCanonical(payload)) return undefined;
  return { sdk: "dummy", keyId: null, scope: null, isFormer: false, payload };
}

/** Base64 with padding (RFC 4648 section 4), whose unused bits are zero. */
function isCanonical(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  if (text.endsWith("==")) return /[AQgw]==$/.test(text);
  return !text.endsWith("=") || /[AEIMQUYcgkosw048]=$/.test(text);
}

/** Base64url without padding (RFC 4648 section 5), whose unused bits are zero. */
function isCanonicalUrl(text: string): boolean {
  switch (text.length % 4) {
    case 0:
      return true;
    case 2:
      return /[AQgw]$/.test(text);
    case 3:
      return /[AEIMQUYcgkosw048]$/.test(text);
    default:
      return false;
  }
}

function byteLength(base64: string): number {
  return base64.length / 4 * 3 - (base64.length - base64.replace(/=+$/, "").length);
}
