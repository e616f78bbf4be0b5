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

/** What precedes the payload. The rest may be long, and is only searched for what does not belong there. */
const KEYED_HEAD = /^tk([12])_(hmac|siv)_([gdc])_([A-Za-z0-9-]{1,16})_/;
const VAULT_HEAD = /^vault:(v[1-9][0-9]{0,8}):/;
const DUMMY_HEAD = "tok_";
const DUMMY_END = "_poc";

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
  if (text.startsWith(DUMMY_HEAD)) return readDummy(text);
  return undefined;
}

function readKeyed(text: string): TokenForm | undefined {
  const [head, version, sdk, letter, keyId] = KEYED_HEAD.exec(text) ?? [];
  if (head === undefined) return undefined;
  const payload = text.slice(head.length);
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
  const [head, keyId] = VAULT_HEAD.exec(text) ?? [];
  if (head === undefined) return undefined;
  const payload = text.slice(head.length);
  if (!isCanonical(payload)) return undefined;
  if (byteLength(payload) < MIN_VAULT_BYTES) return undefined;
  return { sdk: "vault-transit", keyId: keyId!, scope: null, isFormer: false, payload };
}

function readDummy(text: string): TokenForm | undefined {
  if (!text.endsWith(DUMMY_END) || text.length < DUMMY_HEAD.length + DUMMY_END.length) {
    return undefined;
  }
  const payload = text.slice(DUMMY_HEAD.length, -DUMMY_END.length);
  if (!isCanonical(payload)) return undefined;
  return { sdk: "dummy", keyId: null, scope: null, isFormer: false, payload };
}

/** The last characters of one and of two bytes beyond whole groups, whose unused bits are zero. */
const ENDS_ONE_BYTE = /^[AQgw]$/;
const ENDS_TWO_BYTES = /^[AEIMQUYcgkosw048]$/;

/** Base64 with padding (RFC 4648 section 4), whose unused bits are zero. */
function isCanonical(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (/[^A-Za-z0-9+/]/.test(text.slice(0, text.length - padding))) return false;
  const last = text.slice(-3);
  return padding === 0 || (padding === 2 ? ENDS_ONE_BYTE : ENDS_TWO_BYTES).test(last[2 - padding]!);
}

/** Base64url without padding (RFC 4648 section 5), whose unused bits are zero. */
function isCanonicalUrl(text: string): boolean {
  if (/[^A-Za-z0-9_-]/.test(text)) return false;
  switch (text.length % 4) {
    case 0:
      return true;
    case 2:
      return ENDS_ONE_BYTE.test(text.at(-1)!);
    case 3:
      return ENDS_TWO_BYTES.test(text.at(-1)!);
    default:
      return false;
  }
}

function byteLength(base64: string): number {
  return base64.length / 4 * 3 - (base64.length - base64.replace(/=+$/, "").length);
}
