/** Envelopes and statements, by the test vectors of their specifications, and the key's file. */
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { settingsReader } from "../../scripts/servers/test_keys.ts";
import { ConfigError } from "../../src/config_error.ts";
import { type Envelope, preAuthEncoding, seal } from "../../src/receipts/dsse.ts";
import { makeSigner } from "../../src/receipts/signer.ts";
import { readSigningKey } from "../../src/receipts/signing_key.ts";
import { sealStatement, statementOn } from "../../src/receipts/statement.ts";

/** RFC 8410 section 10.3: the same key without and with its public key, and that key. */
const PLAIN = pem(
  "PRIVATE KEY",
  "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC",
);
const WITH_PUBLIC_KEY = pem(
  "PRIVATE KEY",
  "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" +
    "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n" +
    "Z9w7lshQhqowtrbLDFw4rXAxZuE=",
);
const PUBLIC_KEY = pem(
  "PUBLIC KEY",
  "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
);

function pem(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

function readKey(text: string): Uint8Array | undefined {
  return readSigningKey(settingsReader({ RECEIPT_KEY_FILE: "/key.pem" }, { "/key.pem": text }));
}

Deno.test("what is signed is as in the example of DSSE's protocol", () => {
  const encoded = preAuthEncoding(
    "http://example.com/HelloWorld",
    new TextEncoder().encode("hello world"),
  );
  assert.equal(
    new TextDecoder().decode(encoded),
    "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  );
});

Deno.test("lengths are those of the bytes, not of the characters", () => {
  const encoded = preAuthEncoding("é", new TextEncoder().encode("😀"));
  assert.equal(new TextDecoder().decode(encoded), "DSSEv1 2 é 4 😀");
});

Deno.test("signatures are those of RFC 8032's tests", async () => {
  const seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
  const signer = await makeSigner(Uint8Array.fromHex(seed));
  const signature = await signer.sign(Uint8Array.of(0x72));
  assert.equal(
    signature.toHex(),
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
});

Deno.test("a statement in its envelope is checked with the public key alone, by another library", async () => {
  const signer = await makeSigner(readKey(PLAIN)!);
  const urn = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
  const statement = statementOn(urn, "https://example.com/é/v1", { clean: true, name: "é" });
  const { document, sha256 } = await sealStatement(statement, signer);
  const { payload, payloadType, signatures }: Envelope = JSON.parse(document);
  assert.equal(payloadType, "application/vnd.in-toto+json");
  const content = Uint8Array.fromBase64(payload);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(content)), statement);
  assert.equal(createHash("sha256").update(content).digest("hex"), sha256);
  assert.equal(statement._type, "https://in-toto.io/Statement/v1");
  assert.match(statement.subject[0].digest.sha256, /^[0-9a-f]{64}$/);

  const key = createPublicKey(PUBLIC_KEY);
  const signature = Uint8Array.fromBase64(signatures[0]!.sig);
  const check = (bytes: Uint8Array) =>
    verify(null, preAuthEncoding(payloadType, bytes), key, signature);
  assert.ok(check(content));
  for (let bit = 0; bit < content.length * 8; bit += 101) {
    const flipped = content.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.ok(!check(flipped), `bit ${bit}`);
  }
  const info = key.export({ format: "der", type: "spki" });
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(info));
  assert.equal(signatures[0]!.keyid, new Uint8Array(digest).toHex());
});

Deno.test("without a key an envelope has no signature", async () => {
  const envelope = await seal("text/plain", Uint8Array.of(1), undefined);
  assert.deepEqual(envelope, { payload: "AQ==", payloadType: "text/plain", signatures: [] });
});

Deno.test("the key is read in both forms of PKCS #8", () => {
  const seed = readKey(PLAIN);
  assert.equal(seed?.length, 32);
  assert.deepEqual(readKey(WITH_PUBLIC_KEY), seed);
  assert.deepEqual(readKey(`a line before\n${PLAIN}`), seed);
  assert.equal(readSigningKey(settingsReader({}, {})), undefined);
});

Deno.test("what is no such key is refused, and nothing of it is quoted", () => {
  const cut = PLAIN.replace("EdVhC", "Ed");
  const refusals = [
    ["", /not a private key in PEM/],
    [PUBLIC_KEY, /not a private key in PEM/],
    [PLAIN.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"), /encrypted/],
    [cut, /not one for Ed25519/],
    // an X25519 key
    [PLAIN.replace("MC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2Vu"), /not one for Ed25519/],
    [pem("PRIVATE KEY", "ca nary!"), /not one for Ed25519/],
  ] as const;
  for (const [text, reason] of refusals) {
    assert.throws(() => readKey(text), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^RECEIPT_KEY_FILE: /);
      assert.match(error.message, reason);
      return !/MC4|INTuc|nary/.test(error.message);
    });
  }
});
