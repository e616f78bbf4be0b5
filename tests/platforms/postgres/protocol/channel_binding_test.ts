/** What `tls-server-end-point` is for certificates of each kind, as openssl tells it. It takes openssl. */
import assert from "node:assert/strict";
import { tlsServerEndPoint } from "../../../../src/platforms/postgres/protocol/channel_binding.ts";

const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function openssl(...args: string[]): Promise<Uint8Array> {
  const output = await new Deno.Command("openssl", { args, stdin: "null" }).output();
  assert.ok(output.success, new TextDecoder().decode(output.stderr));
  return output.stdout;
}

async function makeCertificate(key: readonly string[], signature: readonly string[]) {
  const [keyFile, certFile] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  await openssl("genpkey", ...key, "-out", keyFile);
  const out = ["-key", keyFile, "-outform", "DER", "-out", certFile];
  await openssl("req", "-x509", "-subj", "/CN=localhost", ...signature, ...out);
  return await Deno.readFile(certFile);
}

const RSA = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const EC = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const PSS = ["-sigopt", "rsa_padding_mode:pss"];

const KINDS = {
  "RSA with SHA-1": { key: RSA, signature: ["-sha1"], hash: "SHA-256" },
  "RSA with SHA-256": { key: RSA, signature: ["-sha256"], hash: "SHA-256" },
  "RSA with SHA-384": { key: RSA, signature: ["-sha384"], hash: "SHA-384" },
  "RSA with SHA-512": { key: RSA, signature: ["-sha512"], hash: "SHA-512" },
  "RSASSA-PSS with SHA-256": { key: RSA, signature: ["-sha256", ...PSS], hash: "SHA-256" },
  "RSASSA-PSS with SHA-512": { key: RSA, signature: ["-sha512", ...PSS], hash: "SHA-512" },
  "ECDSA with SHA-256": { key: EC, signature: ["-sha256"], hash: "SHA-256" },
  "ECDSA with SHA-384": { key: EC, signature: ["-sha384"], hash: "SHA-384" },
} as const;

for (const [title, { key, signature, hash }] of Object.entries(KINDS)) {
  Deno.test(`a certificate signed by ${title} is bound by its ${hash}`, async () => {
    const certificate = await makeCertificate(key, signature);
    const digest = new Uint8Array(await crypto.subtle.digest(hash, certificate));
    assert.deepEqual(tlsServerEndPoint(certificate), digest);
  });
}

Deno.test("a certificate signed by Ed25519 has no hash to bind by", async () => {
  const certificate = await makeCertificate(["-algorithm", "ed25519"], []);
  assert.equal(tlsServerEndPoint(certificate), undefined);
});

Deno.test("bytes that are no certificate bind nothing", () => {
  for (const bytes of [[], [0x30], [0x30, 0x84], [0x30, 0x03, 0x30, 0x01], [1, 2, 3, 4, 5, 6]]) {
    assert.equal(tlsServerEndPoint(Uint8Array.from(bytes)), undefined);
  }
});
