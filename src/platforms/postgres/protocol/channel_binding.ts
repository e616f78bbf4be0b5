/**
 * Channel binding: SCRAM proves the password to the server at the other end of this TLS connection, and to
 * nobody in between, whatever certificate that one has.
 *
 * Source: RFC 5929, section 4 (`tls-server-end-point`); RFC 5280, section 4.1, for the certificate.
 */
import { createHash } from "node:crypto";

/** The one kind that PostgreSQL has. */
export const TLS_SERVER_END_POINT = "tls-server-end-point";

/** The hash that each algorithm of signatures uses, by the content of its object identifier in hexadecimal. */
const HASHES: Readonly<Record<string, string>> = {
  "2a864886f70d010104": "sha256", // md5WithRSAEncryption: MD5 and SHA-1 are replaced by SHA-256
  "2a864886f70d010105": "sha256", // sha1WithRSAEncryption
  "2a864886f70d01010b": "sha256", // sha256WithRSAEncryption
  "2a864886f70d01010c": "sha384", // sha384WithRSAEncryption
  "2a864886f70d01010d": "sha512", // sha512WithRSAEncryption
  "2a864886f70d01010e": "sha224", // sha224WithRSAEncryption
  "2a8648ce3d0401": "sha256", // ecdsa-with-SHA1
  "2a8648ce3d040301": "sha224", // ecdsa-with-SHA224
  "2a8648ce3d040302": "sha256", // ecdsa-with-SHA256
  "2a8648ce3d040303": "sha384", // ecdsa-with-SHA384
  "2a8648ce3d040304": "sha512", // ecdsa-with-SHA512
  "608648016503040201": "sha256", // the hashes themselves, as RSASSA-PSS names them
  "608648016503040202": "sha384",
  "608648016503040203": "sha512",
  "608648016503040204": "sha224",
};
/** RSASSA-PSS, whose parameters name the hash; without, it is SHA-1, which is replaced by SHA-256. */
const RSASSA_PSS = "2a864886f70d01010a";

/** The tag `[0]` of the parameter of RSASSA-PSS that names the hash. */
const HASH_ALGORITHM = 0xa0;
/** The bit of a length in DER that says that so many bytes of length follow. */
const LONG_LENGTH = 0x80;

/**
 * What binds to a connection whose server has this certificate, in DER. Undefined if its signature has no
 * hash that the RFC defines, as that of Ed25519.
 */
export function tlsServerEndPoint(certificate: Uint8Array): Uint8Array | undefined {
  const hash = hashOf(certificate);
  return hash === undefined
    ? undefined
    : Uint8Array.from(createHash(hash).update(certificate).digest());
}

/**
 * `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }`, where an algorithm is
 * `SEQUENCE { identifier, parameters }`.
 */
function hashOf(certificate: Uint8Array): string | undefined {
  const [, algorithm] = elements(elements(certificate)[0]?.content);
  const [identifier, parameters] = elements(algorithm?.content);
  if (nameOf(identifier) !== RSASSA_PSS) return HASHES[nameOf(identifier)];
  const given = elements(parameters?.content).find(({ tag }) => tag === HASH_ALGORITHM);
  const [hash] = elements(elements(given?.content)[0]?.content);
  return given === undefined ? "sha256" : HASHES[nameOf(hash)];
}

/** An element of DER. */
interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

function nameOf(identifier: Element | undefined): string {
  return Array.from(identifier?.content ?? [], (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

/** The elements that these bytes are, one after the other. */
function elements(bytes: Uint8Array = new Uint8Array(0)): Element[] {
  const found: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const tag = bytes[at]!;
    const first = bytes[at + 1]!;
    const start = at + 2 + (first & LONG_LENGTH ? first & ~LONG_LENGTH : 0);
    const length = first & LONG_LENGTH
      ? bytes.subarray(at + 2, start).reduce((sum, byte) => 256 * sum + byte, 0)
      : first;
    found.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}
