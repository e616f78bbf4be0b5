/**
 * The files that name the certificates of TLS, checked while the program starts. What TLS cannot use would
 * end the whole program later: Deno 2.6 aborts on such a client certificate.
 */
import module from "node:module";
import type { Parameters } from "./gather_parameters.ts";

/** A certificate and its key, in PEM form. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What TLS says of a pair that it cannot use (rustls 0.23), and which parameter is at fault by what. */
const REASONS: readonly (readonly [pattern: RegExp, name: string, reason: string])[] = [
  [/KeyMismatch/, "sslkey", "is not the key of the certificate that sslcert names"],
  [/UnsupportedCertVersion/, "sslcert", "is of X.509 version 1: it needs version 3"],
  [
    /No keys found|decode key|parse private key/,
    "sslkey",
    "is no private key in PEM form that TLS can use here: RSA (2048 to 8192 bits), ECDSA or Ed25519",
  ],
];

/**
 * The pair with its key in clear text. Throws a `ConfigError`, which holds nothing of the files, if TLS
 * cannot use it, or `sslpassword` does not open the key.
 */
export function usablePair(
  { cert, key: given }: ClientCertificate,
  parameters: Parameters,
): ClientCertificate {
  const key = openKey(given, parameters);
  try {
    // a server takes the same pair as a client does, and throws if it cannot
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
  } catch (error) {
    const isOfTheSystem = !(error instanceof Deno.errors.InvalidData) &&
      Object.values(Deno.errors).some((each) => error instanceof each);
    if (isOfTheSystem) return { cert, key }; // nobody may listen: that says nothing of the pair
    const [, name, reason] = REASONS.find(([pattern]) => pattern.test(String(error))) ??
      [undefined, "sslcert", "is no certificate in PEM form that TLS can use"];
    throw parameters.faultOfFile(name, reason);
  }
  return { cert, key };
}

/** The key without its passphrase. */
function openKey(key: string, parameters: Parameters): string {
  if (/^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    const remedy = 'convert it with "openssl pkcs8 -topk8"';
    throw parameters.faultOfFile("sslkey", `is encrypted in the old form of OpenSSL: ${remedy}`);
  }
  if (!key.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----")) return key;
  const passphrase = parameters.take("sslpassword");
  if (passphrase === undefined) {
    throw parameters.faultOfFile("sslkey", "is encrypted: sslpassword must be set");
  }
  // required, since few have such a key and others need not wait for it
  const { createPrivateKey } = module.createRequire(import.meta.url)("node:crypto");
  try {
    return createPrivateKey({ key, passphrase }).export({ type: "pkcs8", format: "pem" });
  } catch {
    throw parameters.fault("sslpassword", "does not open the file that sslkey names");
  }
}

const CERTIFICATE =
  /-----BEGIN CERTIFICATE-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END CERTIFICATE-----/g;
/** What a certificate in DER begins with (SEQUENCE, and a length of more than one byte) in base64. */
const DER_START = /^MI/;

/** Throws a `ConfigError` if the text of `sslrootcert` has no certificate, or one that is none. */
export function checkRootCertificates(text: string, parameters: Parameters): void {
  const found = [...text.matchAll(CERTIFICATE)];
  const begun = text.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
  const isWhole = found.length === begun && found.every(([, base64]) => DER_START.test(base64!));
  if (begun === 0 || !isWhole) {
    throw parameters.faultOfFile("sslrootcert", "is not made of certificates in PEM form");
  }
}
