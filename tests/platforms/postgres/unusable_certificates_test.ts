/** Files of certificates and keys that TLS cannot use are found at start, and nothing of them is shown. */
import assert from "node:assert/strict";
import { machineSource } from "../../../scripts/servers/test_keys.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import { encryptKey } from "./client_certificate.ts";

const dir = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));

async function openssl(...args: string[]): Promise<void> {
  const command = new Deno.Command("openssl", { args, cwd: dir, stdin: "null" });
  const { success, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** A key, and a certificate for it that it signed itself: `NAME.key` and `NAME.pem`. */
async function makePair(name: string, ...algorithm: string[]): Promise<void> {
  await openssl("genpkey", "-out", `${name}.key`, "-algorithm", ...algorithm);
  await openssl(
    "req",
    "-new",
    "-x509",
    "-key",
    `${name}.key`,
    "-subj",
    "/CN=x",
    "-out",
    `${name}.pem`,
  );
  await Deno.chmod(`${dir}/${name}.key`, 0o600);
}

const EC = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
await makePair("good", ...EC);
await makePair("other", ...EC);
await makePair("rsa", "RSA");
await makePair("ed25519", "ED25519");
await makePair("short", "RSA", "-pkeyopt", "rsa_keygen_bits:1024");
await makePair("ed448", "ED448");
await makePair("koblitz", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1");
await openssl("req", "-new", "-key", "good.key", "-subj", "/CN=x", "-out", "good.csr");
await openssl("x509", "-req", "-in", "good.csr", "-signkey", "good.key", "-out", "version1.pem");
await openssl("rsa", "-in", "rsa.key", "-traditional", "-out", "pkcs1.key");
await openssl(
  "rsa",
  "-in",
  "rsa.key",
  "-traditional",
  "-aes256",
  "-passout",
  "pass:canary",
  "-out",
  "old.key",
);
await openssl("pkey", "-in", "rsa.key", "-outform", "DER", "-out", "der.key");
await encryptKey(`${dir}/good.key`, "canary");
await Deno.writeTextFile(`${dir}/words.pem`, "canary\n");
await Deno.writeTextFile(`${dir}/words.key`, "canary\n");
const broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
await Deno.writeTextFile(
  `${dir}/broken.pem`,
  (await Deno.readTextFile(`${dir}/good.pem`)) + broken,
);
for (const name of ["pkcs1", "old", "der", "words"]) await Deno.chmod(`${dir}/${name}.key`, 0o600);

function read(parameters: string) {
  const files = parameters.replaceAll("@", `${dir}/`);
  return parsePostgresSettings(`user=ada ${files}`, settingsReader(machineSource({})));
}

for (const name of ["good", "rsa", "ed25519"]) {
  Deno.test(`a pair of ${name} can be used`, () => {
    assert.ok(read(`sslcert=@${name}.pem sslkey=@${name}.key`).sslKey);
  });
}

Deno.test("a key in the form of PKCS #1 can be used, and one that sslpassword opens", async () => {
  assert.ok(read("sslcert=@rsa.pem sslkey=@pkcs1.key").sslKey);
  const opened = read("sslcert=@good.pem sslkey=@good.key.encrypted sslpassword=canary").sslKey!;
  const strip = (pem: string) => pem.replaceAll(/\s/g, "");
  assert.equal(strip(opened), strip(await Deno.readTextFile(`${dir}/good.key`)));
  assert.ok(
    read("sslcert=@good.pem sslkey=@good.key sslpassword=x").sslKey,
    "unneeded, as in libpq",
  );
});

const NO_KEY =
  /^PG_CONN_STR: the file that sslkey names is no private key in PEM form that TLS can use/;
const REFUSED: readonly (readonly [parameters: string, fault: RegExp])[] = [
  ["sslcert=@good.pem sslkey=@other.key", /sslkey names is not the key of the certificate that/],
  [
    "sslcert=@version1.pem sslkey=@good.key",
    /sslcert names is of X\.509 version 1: it needs version 3/,
  ],
  ["sslcert=@short.pem sslkey=@short.key", NO_KEY],
  ["sslcert=@ed448.pem sslkey=@ed448.key", NO_KEY],
  ["sslcert=@koblitz.pem sslkey=@koblitz.key", NO_KEY],
  ["sslcert=@good.pem sslkey=@words.key", NO_KEY],
  ["sslcert=@rsa.pem sslkey=@der.key", NO_KEY],
  ["sslcert=@rsa.pem sslkey=@old.key", /is encrypted in the old form of OpenSSL: convert it with/],
  ["sslcert=@good.pem sslkey=@good.key.encrypted", /is encrypted: sslpassword must be set$/],
  [
    "sslcert=@good.pem sslkey=@good.key.encrypted sslpassword=wrong-canary",
    /^PG_CONN_STR: its sslpassword does not open the file that sslkey names$/,
  ],
  ["sslcert=@words.pem sslkey=@good.key", /sslcert names is no certificate in PEM form that TLS/],
  ["sslrootcert=@words.pem", /sslrootcert names is not made of certificates in PEM form$/],
  ["sslrootcert=@good.key", /sslrootcert names is not made of certificates in PEM form$/],
  ["sslrootcert=@broken.pem", /sslrootcert names is not made of certificates in PEM form$/],
];

for (const [parameters, fault] of REFUSED) {
  Deno.test(`refused at start: ${parameters.replaceAll("@", "")}`, () => {
    assert.throws(() => read(parameters), (error: Error) => {
      assert.match(error.message, fault);
      assert.doesNotMatch(error.message, /canary|BEGIN/);
      return true;
    });
  });
}
