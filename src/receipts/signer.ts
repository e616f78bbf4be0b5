/** Signs with Ed25519 (RFC 8032), by WebCrypto. */
import { PKCS8_HEAD } from "./signing_key.ts";

/** What has the private key. */
export interface Signer {
  /** The SHA-256 of the public key (as SubjectPublicKeyInfo, in DER), in hexadecimal. */
  readonly keyId: string;
  /** The signature of 64 bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Makes the signer. `seed` is the private key of 32 bytes, as `readSigningKey` gives it. */
export async function makeSigner(seed: Uint8Array): Promise<Signer> {
  const { subtle } = crypto;
  const der = Uint8Array.from([...PKCS8_HEAD, ...seed]);
  const key = await subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]);
  der.fill(0);
  const { x } = await subtle.exportKey("jwk", key);
  const jwk = { kty: "OKP", crv: "Ed25519", x };
  const publicKey = await subtle.importKey("jwk", jwk, "Ed25519", true, ["verify"]);
  const info = await subtle.exportKey("spki", publicKey);
  return {
    keyId: new Uint8Array(await subtle.digest("SHA-256", info)).toHex(),
    sign: async (message) =>
      new Uint8Array(await subtle.sign("Ed25519", key, message as Uint8Array<ArrayBuffer>)),
  };
}
