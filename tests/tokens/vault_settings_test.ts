/** The settings of `vault-transit`: what is accepted, and that a fault is one line without a secret. */
import assert from "node:assert/strict";
import { ConfigError } from "../../src/config_error.ts";
import { vaultTransit } from "../../src/tokens/vault/vault_transit.ts";
import { makeTestCertificates } from "../../scripts/servers/test_certificates.ts";
import { settingsReader } from "../../scripts/servers/test_keys.ts";

const SECRET = "s.canary-of-the-settings";
const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl";
const JWT_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token";

const standard: Readonly<Record<string, string>> = {
  VAULT_ADDR: "https://vault.example.com:8200",
  VAULT_TOKEN: SECRET,
  VAULT_TRANSIT_KEY: "pii",
};

function read(
  changes: Readonly<Record<string, string | undefined>> = {},
  files: Readonly<Record<string, string>> = {},
) {
  const variables = Object.fromEntries(
    Object.entries({ ...standard, ...changes }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  return vaultTransit.readSettings(settingsReader(variables, files));
}

const WITHOUT_TOKEN = { VAULT_TOKEN: undefined };
const APPROLE = { ...WITHOUT_TOKEN, VAULT_ROLE_ID: "role", VAULT_SECRET_ID: SECRET };

Deno.test("an address, a token and a key are enough", () => {
  assert.deepEqual(read(), {
    address: "https://vault.example.com:8200",
    namespace: undefined,
    caCertificates: undefined,
    login: { kind: "token", token: SECRET },
    mount: "transit",
    key: "pii",
    scope: "global",
  });
});

Deno.test("AppRole and Kubernetes log in at their default mounts or at others", () => {
  const approle = { kind: "approle", mount: "approle", roleId: "role", secretId: SECRET };
  assert.deepEqual(read(APPROLE).login, approle);
  const elsewhere = read({ ...APPROLE, VAULT_APPROLE_MOUNT: "team/ci/" });
  assert.deepEqual(elsewhere.login, { ...approle, mount: "team/ci" });

  const kubernetes = { ...WITHOUT_TOKEN, VAULT_KUBERNETES_ROLE: "tokenize" };
  const files = { [JWT_FILE]: `${JWT}\n`, "/jwt": JWT };
  const role = { kind: "kubernetes", mount: "kubernetes", role: "tokenize", tokenFile: JWT_FILE };
  assert.deepEqual(read(kubernetes, files).login, role);
  const other = { VAULT_KUBERNETES_TOKEN_FILE: "/jwt", VAULT_KUBERNETES_MOUNT: "k8s-eu" };
  assert.deepEqual(read({ ...kubernetes, ...other }, files).login, {
    ...role,
    mount: "k8s-eu",
    tokenFile: "/jwt",
  });
});

Deno.test("mount, namespace and context are used as given", () => {
  const settings = read({
    VAULT_TRANSIT_MOUNT: "/crypto/transit/",
    VAULT_NAMESPACE: "team/a/",
    TOKEN_CONTEXT: "column",
  });
  assert.deepEqual(
    [settings.mount, settings.namespace, settings.scope],
    ["crypto/transit", "team/a", "column"],
  );
});

for (
  const [address, endpoint] of [
    ["https://vault.example.com", { hostname: "vault.example.com", port: 443 }],
    ["https://vault.example.com:8200/", { hostname: "vault.example.com", port: 8200 }],
    ["https://gate.example.com/vault/", { hostname: "gate.example.com", port: 443 }],
    ["http://127.0.0.1:8100", { hostname: "127.0.0.1", port: 8100 }],
    ["http://localhost", { hostname: "localhost", port: 80 }],
    ["https://[2001:db8::1]:8200", { hostname: "[2001:db8::1]", port: 8200 }],
  ] as const
) {
  Deno.test(`the sandbox may reach exactly the host of VAULT_ADDR=${address}`, () => {
    assert.deepEqual(vaultTransit.endpoints(read({ VAULT_ADDR: address })), [endpoint]);
  });
}

Deno.test("each secret of a login may come from a file, without the line break at its end", () => {
  const files = { "/secret": `${SECRET}\n` };
  const token = { ...WITHOUT_TOKEN, VAULT_TOKEN_FILE: "/secret" };
  assert.deepEqual(read(token, files).login, { kind: "token", token: SECRET });
  const approle = {
    ...WITHOUT_TOKEN,
    VAULT_ROLE_ID_FILE: "/secret",
    VAULT_SECRET_ID_FILE: "/secret",
  };
  assert.deepEqual(read(approle, files).login, {
    kind: "approle",
    mount: "approle",
    roleId: SECRET,
    secretId: SECRET,
  });
  assert.throws(() => read({ VAULT_TOKEN_FILE: "/secret" }, files), {
    message: "VAULT_TOKEN_FILE: VAULT_TOKEN is set too: set only one of them",
  });
});

Deno.test("the sandbox may read the service account's token, and no file for another login", () => {
  const settings = read(
    { ...WITHOUT_TOKEN, VAULT_KUBERNETES_ROLE: "tokenize", VAULT_KUBERNETES_TOKEN_FILE: "./jwt" },
    { [`${Deno.cwd()}/jwt`]: JWT },
  );
  assert.deepEqual(vaultTransit.files!(settings), [`${Deno.cwd()}/jwt`]);
  for (const login of [{}, APPROLE]) assert.deepEqual(vaultTransit.files!(read(login)), []);
});

const FAULTS: Readonly<Record<string, [Record<string, string | undefined>, string]>> = {
  "no address": [{ VAULT_ADDR: undefined }, "VAULT_ADDR: it must be set: https://HOST:PORT"],
  "an address that is not a URL": [
    { VAULT_ADDR: "vault:8200" },
    "VAULT_ADDR: it is not an https:// URL",
  ],
  "another protocol": [{ VAULT_ADDR: "unix:///run/v" }, "VAULT_ADDR: it is not an https:// URL"],
  "a password in the address": [
    { VAULT_ADDR: `https://u:${SECRET}@vault` },
    "VAULT_ADDR: it must contain only a host, a port and optionally a path",
  ],
  "a query in the address": [
    { VAULT_ADDR: `https://vault?token=${SECRET}` },
    "VAULT_ADDR: it must contain only a host, a port and optionally a path",
  ],
  "values sent unencrypted": [
    { VAULT_ADDR: "http://vault.example.com:8200" },
    "VAULT_ADDR: http:// would send values unencrypted: use https:// except for a loopback address",
  ],
  "no way to log in": [
    WITHOUT_TOKEN,
    "VAULT_TOKEN: it must be set, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_KUBERNETES_ROLE",
  ],
  "two ways to log in": [
    { VAULT_ROLE_ID: "role", VAULT_SECRET_ID: SECRET },
    "VAULT_ROLE_ID: it contradicts VAULT_TOKEN: set the variables of one login method only",
  ],
  "the mount of another login": [
    { VAULT_KUBERNETES_MOUNT: "k8s" },
    "VAULT_KUBERNETES_MOUNT: it contradicts VAULT_TOKEN: set the variables of one login method only",
  ],
  "half of AppRole": [
    { ...APPROLE, VAULT_SECRET_ID: undefined },
    "VAULT_SECRET_ID: it must be set too",
  ],
  "the other half of AppRole": [
    { ...APPROLE, VAULT_ROLE_ID: undefined },
    "VAULT_ROLE_ID: it must be set too",
  ],
  "a token that no header can hold": [
    { VAULT_TOKEN: `${SECRET}\nx` },
    "VAULT_TOKEN: it contains characters that are not allowed in it",
  ],
  "no service account": [
    { ...WITHOUT_TOKEN, VAULT_KUBERNETES_ROLE: "r" },
    "VAULT_KUBERNETES_TOKEN_FILE: the file with the service account's token does not exist",
  ],
  "a service account's file with something else": [
    { ...WITHOUT_TOKEN, VAULT_KUBERNETES_ROLE: "r", VAULT_KUBERNETES_TOKEN_FILE: "/text" },
    "VAULT_KUBERNETES_TOKEN_FILE: the file does not contain a service account's token (a JSON Web Token)",
  ],
  "no key": [
    { VAULT_TRANSIT_KEY: undefined },
    "VAULT_TRANSIT_KEY: it must be set: the name of the Transit key",
  ],
  "a key that is a path": [
    { VAULT_TRANSIT_KEY: "a/b" },
    "VAULT_TRANSIT_KEY: it is not the name of a Transit key",
  ],
  "a key that leaves the path": [
    { VAULT_TRANSIT_KEY: ".." },
    "VAULT_TRANSIT_KEY: it is not the name of a Transit key",
  ],
  "a mount that leaves the path": [
    { VAULT_TRANSIT_MOUNT: "transit/../sys" },
    'VAULT_TRANSIT_MOUNT: it is not a mount path such as "transit"',
  ],
  "a mount with a query": [
    { VAULT_TRANSIT_MOUNT: "transit?x" },
    'VAULT_TRANSIT_MOUNT: it is not a mount path such as "transit"',
  ],
  "a namespace that is not a path": [
    { VAULT_NAMESPACE: "team a" },
    "VAULT_NAMESPACE: it is not the path of a namespace",
  ],
  "a missing CA file": [{ VAULT_CACERT: "/none" }, 'VAULT_CACERT: the file "/none" does not exist'],
  "a CA file with something else": [
    { VAULT_CACERT: "/text" },
    "VAULT_CACERT: the file contains no certificate in PEM form",
  ],
  "a broken CA certificate": [
    { VAULT_CACERT: "/broken" },
    "VAULT_CACERT: the file contains a certificate that cannot be read",
  ],
  "an unknown context": [
    { TOKEN_CONTEXT: "table" },
    "TOKEN_CONTEXT: it is not one of global, dataset, column",
  ],
};

const FILES = {
  "/text": `text ${SECRET}`,
  "/broken": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
};

for (const [title, [changes, message]] of Object.entries(FAULTS)) {
  Deno.test(`Vault's settings with ${title} are refused in one line`, () => {
    assert.throws(() => read(changes, FILES), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.message, message);
      assert.ok(!String(error.stack).includes(SECRET));
      return true;
    });
  });
}

Deno.test("all faults are reported at once", () => {
  const changes = { VAULT_ADDR: "x", VAULT_TOKEN: undefined, VAULT_TRANSIT_KEY: undefined };
  assert.throws(() => read(changes), (error) => {
    assert.ok(error instanceof ConfigError);
    const variables = error.faults.map(({ variable }) => variable);
    assert.deepEqual(variables, ["VAULT_ADDR", "VAULT_TOKEN", "VAULT_TRANSIT_KEY"]);
    return true;
  });
});

Deno.test("the certificate of a CA is read when the program starts, since the sandbox reads no files", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { caFile } = await makeTestCertificates(dir);
    const text = await Deno.readTextFile(caFile);
    assert.equal(read({ VAULT_CACERT: "/ca" }, { "/ca": text }).caCertificates, text);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
