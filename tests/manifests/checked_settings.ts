/** Asks the program about the settings that a Deployment gives it. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { Buffer } from "node:buffer";
import { hmacJwk, jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import { type KubernetesObject, type Outcome, run } from "./judges.ts";

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly key: string } };
}

const POSTGRES = "postgres://tokenize:canary-password@db.example.com/app?sslmode=verify-full";
/** What the keys of the Secrets hold. */
const SECRETS: Readonly<Record<string, string>> = {
  TRIGGER_TOKEN: "canary-token-of-27-letters",
  PG_CONN_STR: POSTGRES,
  uri: POSTGRES,
  HISTORY_CONN_STR: POSTGRES,
  DBX_JDBC_URL: "jdbc:databricks://dbc-0.cloud.databricks.com:443;httpPath=/sql/1.0/warehouses/0;" +
    "AuthMech=3;UID=token;PWD=canary",
  DATAHUB_GMS_TOKEN: "canary",
  VAULT_TOKEN: "canary",
  VAULT_ROLE_ID: "canary",
  VAULT_SECRET_ID: "canary",
  OTEL_EXPORTER_OTLP_HEADERS: "authorization=canary",
};

/** Writes the files that a container mounts, under one folder, as Kubernetes would. */
async function writeFiles(dir: string, config: string | undefined): Promise<void> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const certificate = await testCertificate();
  const files: Record<string, string> = {
    "run/tokenize/keys.json": jwkSet(await sivJwk("k1"), await hmacJwk("h1")),
    "run/receipts/receipt-key.pem": privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    "run/postgres-ca/ca.crt": certificate,
    "run/vault-ca/ca.crt": certificate,
    "run/vault-login/token": `${encoded({ alg: "RS256" })}.${encoded({ sub: "pod" })}.c2lnbmVk`,
  };
  if (config !== undefined) files["etc/tokenize/config.yaml"] = config;
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${dir}/${path}`.replace(/\/[^/]+$/, ""), { recursive: true });
    await Deno.writeTextFile(`${dir}/${path}`, text, { mode: 0o600 });
  }
}

/** A part of a JSON Web Token. */
function encoded(part: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** What `tokenize config check` says of the settings of the Deployment, with its files and Secrets. */
export async function checkSettings(objects: readonly KubernetesObject[]): Promise<Outcome> {
  const deployment = objects.find(({ kind }) => kind === "Deployment")!;
  const config = objects.find(({ kind }) => kind === "ConfigMap")?.data["config.yaml"];
  const dir = await Deno.makeTempDir({ prefix: "tokenize-settings-" });
  try {
    await writeFiles(dir, config);
    const variables = (deployment.spec.template.spec.containers[0].env as Variable[])
      .map(({ name, value, valueFrom }) => {
        const text = value ?? SECRETS[valueFrom?.secretKeyRef?.key ?? ""] ?? "pod-0";
        return `${name}=${text.replace(/^(?=\/(?:run|etc)\/)/, dir)}`;
      });
    return await run("env", [...variables, "scripts/tokenize.sh", "config", "check", "--json"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A certificate that signs itself, in PEM. */
export async function testCertificate(): Promise<string> {
  const request =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -batch -subj /CN=test";
  const certificate = await run("openssl", `${request} -keyout /dev/null`.split(" "));
  assert.ok(certificate.success, certificate.stderr);
  return certificate.stdout;
}
