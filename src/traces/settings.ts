/**
 * Where traces are sent, and which: by the variables that every OpenTelemetry SDK reads.
 *
 * Source: OpenTelemetry specification 1.x, "Environment Variable Specification" and "OpenTelemetry
 * Protocol Exporter". Other than there, nothing is sent unless an endpoint is set.
 */
import { collectFaults, ConfigError, configFault } from "../config_error.ts";
import { boolean, choice, integer } from "../setting_values.ts";
import type { SettingsReader } from "../settings_reader.ts";
import { whyUnreadable } from "../unreadable_file.ts";

/** The forms of OTLP over HTTP. */
export const OTLP_PROTOCOLS = ["http/protobuf", "http/json"] as const;
/** How what is sent is packed. */
export const OTLP_COMPRESSIONS = ["none", "gzip"] as const;
/** Where traces go: to the endpoint, or nowhere. */
export const TRACE_EXPORTERS = ["otlp", "none"] as const;
/** Which traces are sent. Those with `parentbased` do as the caller does, if there is one. */
export const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** The settings of traces. Plain data, since it crosses into the sandbox as a message. */
export interface TraceSettings {
  /** Where spans are posted to, with the path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: (typeof OTLP_PROTOCOLS)[number];
  readonly compression: (typeof OTLP_COMPRESSIONS)[number];
  /** How long one request may take, with its retries. */
  readonly timeoutMs: number;
  /** PEM: who signs the collector's certificate, instead of the authorities that are commonly trusted. */
  readonly caCertificates: string | undefined;
  /** What the spans are of; `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: (typeof SAMPLERS)[number];
  /** The share of traces that `traceidratio` sends, from 0 to 1. */
  readonly ratio: number;
}

/** The endpoint of all signals: traces are posted to a path below it. */
const ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const TRACES_PATH = "/v1/traces";
const TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 600_000;

/** Reads the settings; undefined if no endpoint is set, or traces are switched off. Throws `ConfigError`. */
export function readTraceSettings(reader: SettingsReader): TraceSettings | undefined {
  const { variable } = reader;
  const { faults, attempt } = collectFaults();
  const read = <T>(fallback: T, readOne: () => T): T => attempt(readOne) ?? fallback;
  const isDisabled = read(
    false,
    () => boolean("OTEL_SDK_DISABLED", variable("OTEL_SDK_DISABLED")?.toLowerCase()),
  );
  const exporter = read("otlp", () => oneOf("OTEL_TRACES_EXPORTER", TRACE_EXPORTERS, "otlp"));
  const endpoint = read(undefined, () => readEndpoint(reader));
  const settings = {
    headers: read({}, () => readHeaders(reader)),
    protocol: read("http/protobuf", () => {
      const name = chosen("PROTOCOL");
      return oneOf(name, OTLP_PROTOCOLS, "http/protobuf");
    }),
    compression: read("none", () => oneOf(chosen("COMPRESSION"), OTLP_COMPRESSIONS, "none")),
    timeoutMs: read(TIMEOUT_MS, () => {
      const name = chosen("TIMEOUT");
      return integer(name, variable(name), TIMEOUT_MS, 1, MAX_TIMEOUT_MS);
    }),
    caCertificates: read(undefined, () => readCertificates(reader, chosen("CERTIFICATE"))),
    resource: read({}, () => readResource(reader)),
    sampler: read(
      "parentbased_always_on",
      () => oneOf("OTEL_TRACES_SAMPLER", SAMPLERS, "parentbased_always_on"),
    ),
    ratio: read(1, () => readRatio(variable("OTEL_TRACES_SAMPLER_ARG"))),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  if (isDisabled || exporter === "none" || endpoint === undefined) return undefined;
  return { url: endpoint, ...settings };

  /** The variable for traces alone, which wins over the one for all signals. */
  function chosen(what: string): string {
    const ofTraces = `OTEL_EXPORTER_OTLP_TRACES_${what}`;
    return variable(ofTraces) === undefined ? `OTEL_EXPORTER_OTLP_${what}` : ofTraces;
  }

  function oneOf<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    return choice(name, variable(name), choices, fallback);
  }
}

/** The URL for traces: as it is if it is set for them, else a path below the one for all signals. */
function readEndpoint({ variable }: SettingsReader): string | undefined {
  const ofTraces = variable(TRACES_ENDPOINT);
  if (ofTraces !== undefined) return readUrl(TRACES_ENDPOINT, ofTraces).href;
  const ofAll = variable(ENDPOINT);
  if (ofAll === undefined) return undefined;
  const url = readUrl(ENDPOINT, ofAll);
  url.pathname = url.pathname.replace(/\/+$/, "") + TRACES_PATH;
  return url.href;
}

function readUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw configFault(name, "it is not an http:// or https:// URL");
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw configFault(name, "it must contain no user, password or fragment: use the headers");
  }
  return url;
}

/** `name=value` with commas between, values percent-encoded, as W3C Baggage has it. */
function readHeaders(reader: SettingsReader): Readonly<Record<string, string>> {
  const ofTraces = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
  const ofAll = "OTEL_EXPORTER_OTLP_HEADERS";
  const own = reader.secret(ofTraces);
  const name = own === undefined ? ofAll : ofTraces;
  const headers = readPairs(name, own ?? reader.secret(ofAll));
  const isFit = ([header, value]: readonly [string, string]) =>
    /^[\w!#$%&'*+.^`|~-]+$/.test(header) && /^[\x20-\x7e]*$/.test(value);
  if (!headers.every(isFit)) {
    throw configFault(name, "a name or value in it is not one that a header can have");
  }
  return Object.fromEntries(headers);
}

/** The attributes of the resource; `OTEL_SERVICE_NAME` wins over a `service.name` among them. */
function readResource({ variable }: SettingsReader): Readonly<Record<string, string>> {
  const name = "OTEL_RESOURCE_ATTRIBUTES";
  const attributes = Object.fromEntries(readPairs(name, variable(name)));
  const service = variable("OTEL_SERVICE_NAME") ?? attributes["service.name"] ?? "tokenize-action";
  return { ...attributes, "service.name": service };
}

function readPairs(name: string, text: string | undefined): [string, string][] {
  const parts = text?.split(",").map((part) => part.trim()).filter(Boolean) ?? [];
  return parts.map((part) => {
    const [, key, value] = /^([^=]+?)\s*=\s*(.*)$/s.exec(part) ?? [];
    try {
      if (key !== undefined) return [decodeURIComponent(key), decodeURIComponent(value!)];
    } catch {
      // a percent sign that encodes nothing
    }
    throw configFault(name, "it is not a list such as name=value,name=value (percent-encoded)");
  });
}

function readCertificates(reader: SettingsReader, name: string): string | undefined {
  const path = reader.variable(name);
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = reader.file(path);
  } catch (error) {
    throw configFault(name, `the file ${whyUnreadable(error)}`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw configFault(name, "the file contains no PEM certificate");
}

function readRatio(text: string | undefined): number {
  if (text === undefined) return 1;
  const ratio = Number(text);
  if (/^\d*\.?\d+$/.test(text) && ratio <= 1) return ratio;
  throw configFault("OTEL_TRACES_SAMPLER_ARG", "it is not a number from 0 to 1");
}
