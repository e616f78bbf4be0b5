/** The chart's switches, each with the values that its positions stand for. */

/** Values of the chart, as a file of them has them. */
export type Values = { readonly [key: string]: unknown };

const DATASETS = ["urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.*,PROD)"];
const DATAHUB = { enabled: true, url: "http://datahub-gms:8080", tags: ["urn:li:tag:PII"] };
const HOST = "tokenize.example.com";

const vault = (method: string) => ({
  tokens: { sdk: "vault-transit" },
  vault: {
    address: "https://vault.example.com:8200",
    transitKey: "pii",
    auth: { method, role: "tokenize", mount: "own" },
  },
});

/** Each as a list of its positions; the first is how it stands by default. */
export const SWITCHES: Readonly<Record<string, readonly Values[]>> = {
  postgres: [
    {},
    { postgres: { enabled: false } },
    { postgres: { existingSecret: "pg", key: "uri", ca: { configMap: "ca" } } },
    { postgres: { ca: { secret: "ca", key: "root.pem" } } },
  ],
  databricks: [{}, { databricks: { enabled: true, secretScope: "tokenize" } }],
  datahub: [
    {},
    { datahub: DATAHUB },
    { datahub: { ...DATAHUB, mode: "run", token: { enabled: false } }, allowedDatasets: DATASETS },
    {
      datahub: {
        ...DATAHUB,
        terms: ["urn:li:glossaryNode:Pii"],
        mode: "approve",
        approvalTag: "urn:li:tag:Yes",
      },
      sweep: { enabled: true, timeZone: "Europe/Berlin", mode: "observe" },
    },
  ],
  history: [
    {},
    { history: { enabled: true }, replicaCount: 2, receipts: { enabled: true } },
    {
      history: {
        enabled: true,
        existingSecret: "history",
        key: "uri",
        retention: "30d",
        migration: { enabled: true },
      },
    },
  ],
  tokens: [
    {},
    { tokens: { sdk: "aes-siv", context: "dataset", keys: { existingSecret: "keys" } } },
    { tokens: { sdk: "hmac-sha256", hmacBytes: 16, keys: { existingSecret: "keys" } } },
    vault("token"),
    vault("approle"),
    {
      ...vault("kubernetes"),
      vault: { ...vault("kubernetes").vault, namespace: "team", ca: { secret: "ca" } },
    },
  ],
  networkPolicy: [
    {},
    { networkPolicy: { enabled: false } },
    {
      networkPolicy: {
        ingress: {
          allowLabelled: false,
          from: [{ namespaceSelector: { matchLabels: { a: "b" } } }],
        },
        egress: {
          postgres: { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [5432, 6432] },
          extra: [{ to: [{ podSelector: {} }] }],
        },
      },
    },
    { networkPolicy: { ingress: { allowLabelled: false } } },
  ],
  access: [
    {},
    {
      ingress: {
        enabled: true,
        className: "nginx",
        annotations: { "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600" },
        hosts: [{ host: HOST }, { host: "b.example.com", paths: [{ path: "/runs" }] }],
        tls: [{ secretName: "certificate", hosts: [HOST] }],
      },
    },
    {
      httpRoute: {
        enabled: true,
        parentRefs: [{ name: "gateway", namespace: "gateways" }],
        hostnames: [HOST],
        requestTimeout: "0s",
      },
    },
  ],
  monitoring: [{}, {
    serviceMonitor: { enabled: true, scrapeTimeout: "10s", labels: { release: "prometheus" } },
  }],
  tracing: [{}, {
    tracing: { endpoint: "http://collector:4318", headers: { enabled: true } },
  }],
  disruption: [{}, { podDisruptionBudget: { enabled: false } }, {
    podDisruptionBudget: { maxUnavailable: "50%" },
  }],
  extras: [{}, {
    image: {
      repository: "registry.example.com/tokenize-action",
      digest: `sha256:${"0".repeat(64)}`,
    },
    imagePullSecrets: [{ name: "registry" }],
    config: { run_timeout_ms: 86400000, connections: [{ name: "crm", platform: "postgres" }] },
    extraEnv: [{ name: "TOKENIZE_CRM_PASSWORD", value: "x" }],
    extraEnvFrom: [{ secretRef: { name: "more" } }],
    extraVolumes: [{ name: "more", emptyDir: {} }],
    extraVolumeMounts: [{ name: "more", mountPath: "/more" }],
    extraContainers: [{ name: "beside", image: "beside:1" }],
    extraObjects: [{
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "{{ .Release.Name }}-more" },
    }],
    labels: { team: "data" },
    annotations: { note: "a" },
    podLabels: { cost: "b" },
    podAnnotations: { note: "c" },
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "own", operator: "Exists" }],
    affinity: { nodeAffinity: {} },
    priorityClassName: "high",
  }],
  names: [{}, {
    fullnameOverride: "",
    nameOverride: "tokens",
    serviceAccount: { create: false, name: "own" },
    triggerToken: { enabled: false },
    config: { allow_anonymous: true },
    topologySpreadConstraints: [],
    test: { urn: DATASETS[0], columns: ["email", "phone"] },
  }],
};

/** As Helm merges files of values: maps by key, all else is replaced. */
export function merge(a: Values, b: Values): Values {
  const merged: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    merged[key] = isMap(value) && isMap(merged[key]) ? merge(merged[key], value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Combinations that between them have every block of the chart's values. */
export const EVERYTHING: readonly Values[] = [
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
