/** The variables of traces, as every OpenTelemetry SDK reads them. */
import assert from "node:assert/strict";
import { settingsSource } from "../../scripts/servers/test_keys.ts";
import { loadConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/config_error.ts";
import type { Command } from "../../src/command.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/run_options.ts";
import { grantsFor } from "../../src/sandbox/grants.ts";

type Environment = Readonly<Record<string, string>>;

const PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

function configOf(environment: Environment, file = "") {
  const source = { ...settingsSource(environment), file: () => file };
  const permissions = () => ({ mode: 0o600, uid: 1000 });
  return loadConfig({ ...source, permissions, isTerminal: false });
}

const tracesOf = (environment: Environment, file?: string) => configOf(environment, file).traces;
const at = (url: string, more: Environment = {}) =>
  tracesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...more });

function faultsOf(environment: Environment, file = ""): string[] {
  try {
    configOf(environment, file);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.ok(error.faults.every(({ reason }) => !reason.includes("canary")));
    return error.faults.map(({ variable }) => variable);
  }
}

Deno.test("nothing is traced without an endpoint, or if it is switched off", () => {
  assert.equal(tracesOf({}), undefined);
  assert.equal(tracesOf({ OTEL_SERVICE_NAME: "x" }), undefined);
  assert.equal(at("http://c:4318", { OTEL_SDK_DISABLED: "true" }), undefined);
  assert.equal(at("http://c:4318", { OTEL_SDK_DISABLED: "TRUE" }), undefined);
  assert.equal(at("http://c:4318", { OTEL_TRACES_EXPORTER: "none" }), undefined);
});

Deno.test("an endpoint alone has the defaults of the specification", () => {
  assert.deepEqual(at("http://c:4318"), {
    url: "http://c:4318/v1/traces",
    headers: {},
    protocol: "http/protobuf",
    compression: "none",
    timeoutMs: 10_000,
    caCertificates: undefined,
    resource: { "service.name": "tokenize-action" },
    sampler: "parentbased_always_on",
    ratio: 1,
  });
});

Deno.test("the endpoint of all signals gets a path, that of traces is taken as it is", () => {
  assert.equal(at("https://c/otlp/")?.url, "https://c/otlp/v1/traces");
  assert.equal(at("https://c/otlp?x=1")?.url, "https://c/otlp/v1/traces?x=1");
  const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = "https://c:9/spans";
  assert.equal(
    at("https://other", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT })?.url,
    "https://c:9/spans",
  );
});

Deno.test("what is set for traces wins over what is set for all signals", () => {
  const settings = at("http://c", {
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_COMPRESSION: "none",
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_TIMEOUT: "1",
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "2",
    OTEL_EXPORTER_OTLP_HEADERS: "a=1",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "b=2",
  });
  assert.deepEqual(
    [settings?.protocol, settings?.compression, settings?.timeoutMs, settings?.headers],
    ["http/json", "gzip", 2, { b: "2" }],
  );
});

Deno.test("headers may come from a file, and attributes are decoded", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c" };
  const fromFile = { ...endpoint, OTEL_EXPORTER_OTLP_HEADERS_FILE: "/h" };
  assert.deepEqual(tracesOf(fromFile, "Authorization=Bearer%20canary , x=a=b\n")?.headers, {
    Authorization: "Bearer canary",
    x: "a=b",
  });
  const OTEL_RESOURCE_ATTRIBUTES = "service.name=a,team=data%2Cplatform";
  assert.deepEqual(tracesOf({ ...endpoint, OTEL_RESOURCE_ATTRIBUTES })?.resource, {
    "service.name": "a",
    team: "data,platform",
  });
  const named = { OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: "b" };
  assert.equal(tracesOf({ ...endpoint, ...named })?.resource["service.name"], "b");
  const certificate = { ...endpoint, OTEL_EXPORTER_OTLP_CERTIFICATE: "/ca.pem" };
  assert.equal(tracesOf(certificate, PEM)?.caCertificates, PEM);
});

Deno.test("each fault names its variable, also if nothing is traced", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "canary:4318"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://c:4317"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://u:canary@c"],
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "c"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"],
    ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "10s"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "canary"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%canary"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=canary%0d%0ab"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a b=canary"],
    ["OTEL_RESOURCE_ATTRIBUTES", "=canary"],
    ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5"],
    ["OTEL_TRACES_SAMPLER_ARG", "canary"],
    ["OTEL_TRACES_EXPORTER", "zipkin"],
    ["OTEL_SDK_DISABLED", "canary"],
  ];
  for (const [name, value] of cases) assert.deepEqual(faultsOf({ [name]: value }), [name], value);
  const certificate = { OTEL_EXPORTER_OTLP_CERTIFICATE: "/ca.pem" };
  assert.deepEqual(faultsOf(certificate, "canary"), ["OTEL_EXPORTER_OTLP_CERTIFICATE"]);
});

Deno.test("the sandbox reaches the collector, for the commands that work, and says what for", () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c.internal:4318" };
  const dataset = { urn: "urn", columns: ["a"] };
  const choices = { yes: false, quiet: false, json: true };
  const options = DEFAULT_RUN_OPTIONS;
  const runs = [{ dataset, options }];
  const requests = { runs, file: undefined, defaults: options, parallel: 1 };
  const run: Command = { name: "run", ...requests, ...choices };
  for (const command of [{ name: "serve" }, run] as const) {
    const granted = grantsFor(command, configOf(env)).hosts.at(-1);
    assert.deepEqual(granted, {
      host: "c.internal:4318",
      why: "traces (OTEL_EXPORTER_OTLP_ENDPOINT)",
    });
  }
  const healthcheck: Command = { name: "healthcheck", url: "http://127.0.0.1:8080" };
  const hosts = grantsFor(healthcheck, configOf(env)).hosts.map(({ host }) => host);
  assert.deepEqual(hosts, ["127.0.0.1:8080"]);
});
