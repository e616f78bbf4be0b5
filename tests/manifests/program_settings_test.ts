/** The program takes the settings that the chart and the overlays give it, as its own check says. */
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { testUnless } from "../support/skipping.ts";
import { SWITCHES, type Values } from "./chart_values.ts";
import { type KubernetesObject, objectsOf, run, whyMissing } from "./judges.ts";
import { merge, render } from "./render_chart.ts";

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

/** Combinations that between them have every block of the chart's values. */
const EVERYTHING: readonly Values[] = [
  ["postgres", "databricks", "history", "tracing"].map((name) => SWITCHES[name]![1]!)
    .reduce(merge, { postgres: { enabled: true } }),
  ...SWITCHES.datahub!.slice(1),
  ...SWITCHES.tokens!.slice(1),
  ...SWITCHES.history!.slice(1),
  {
    config: { run_timeout_ms: 86400000, datahub: { sweep_interval: "1h" } },
    ...SWITCHES.datahub![1],
  },
];

/** Writes the files that a container mounts, under one folder, as Kubernetes would. */
async function writeFiles(dir: string, config: string | undefined): Promise<void> {
  const keys = {
    keys: [{
      kty: "oct",
      kid: "k1",
      alg: "AEAD_AES_SIV_CMAC_512",
      k: randomBytes(64).toString("base64url"),
    }],
  };
  const { privateKey } = generateKeyPairSync("ed25519");
  const request =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -batch -subj /CN=test";
  const certificate = await run("openssl", `${request} -keyout /dev/null`.split(" "));
  assert.ok(certificate.success, certificate.stderr);
  const files: Record<string, string> = {
    "run/tokenize/keys.json": JSON.stringify(keys),
    "run/receipts/receipt-key.pem": privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    "run/postgres-ca/ca.crt": certificate.stdout,
    "run/vault-ca/ca.crt": certificate.stdout,
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

/** Asks `tokenize config check` about the settings of a Deployment. */
async function check(objects: readonly KubernetesObject[]) {
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

const missing = await whyMissing("helm");

testUnless(missing, "the program accepts the settings that the chart gives it", async () => {
  for (const values of EVERYTHING) {
    const rendered = await render(values);
    const { success, stdout, stderr } = await check(objectsOf(rendered.stdout));
    assert.ok(success, `${rendered.stderr}${stderr}\nof ${JSON.stringify(values)}`);
    assert.doesNotMatch(stdout + stderr, /canary/);
  }
});

testUnless(missing, "the program would refuse a setting that the chart got wrong", async () => {
  const { stdout } = await render({});
  const { success, stderr } = await check(objectsOf(stdout.replace("value: json", "value: xml")));
  assert.equal(success, false);
  assert.match(stderr, /LOG_FORMAT/);
});

testUnless(
  await run("kubectl", ["version", "--client"]).then(
    ({ success }) => success ? undefined : "kubectl does not run",
    () => "kubectl is not installed",
  ),
  "the program accepts the settings that the overlays give it",
  async () => {
    for await (const { name } of Deno.readDir("deploy/overlays")) {
      const { stdout } = await run("kubectl", ["kustomize", `deploy/overlays/${name}`]);
      const { success, stderr } = await check(objectsOf(stdout));
      assert.ok(success, `${name}: ${stderr}`);
    }
  },
);
