/** The settings of traces: the variables that every OpenTelemetry SDK reads. */
import {
  OTLP_COMPRESSIONS,
  OTLP_PROTOCOLS,
  SAMPLERS,
  TRACE_EXPORTERS,
} from "../../traces/settings.ts";
import { choice, flag, integer, list, path, secret, text } from "../setting.ts";

const SAME = "the same for traces alone";

/** By variable. */
export const TRACES = {
  OTEL_EXPORTER_OTLP_ENDPOINT: text(
    "the collector that traces are sent to by OTLP over HTTP: `http://` or `https://`, a host, a port if need be; `/v1/traces` is added to its path",
    "no traces",
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: text("the whole URL that traces are posted to", "as above"),
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    "headers of each request: `name=value` with commas between, percent-encoded",
  ),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: secret(SAME, "as above"),
  OTEL_EXPORTER_OTLP_PROTOCOL: choice(
    "the form of what is sent",
    OTLP_PROTOCOLS,
    "`http/protobuf`",
  ),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: choice(SAME, OTLP_PROTOCOLS, "as above"),
  OTEL_EXPORTER_OTLP_COMPRESSION: choice("how it is packed", OTLP_COMPRESSIONS, "`none`"),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: choice(SAME, OTLP_COMPRESSIONS, "as above"),
  OTEL_EXPORTER_OTLP_TIMEOUT: integer(
    "how long a request may take with its retries, in milliseconds",
    10_000,
    [1, 600_000],
  ),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: integer(SAME, 10_000, [1, 600_000]),
  OTEL_EXPORTER_OTLP_CERTIFICATE: path(
    "a PEM file with the authorities that may sign the collector's certificate",
    "those commonly trusted",
  ),
  OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: path(SAME, "as above"),
  OTEL_SERVICE_NAME: text("the name of this service in traces", "`tokenize-action`"),
  OTEL_RESOURCE_ATTRIBUTES: list(
    "what else is said of this service: `name=value` with commas between, percent-encoded",
  ),
  OTEL_TRACES_SAMPLER: choice("which traces are sent", SAMPLERS, "`parentbased_always_on`"),
  OTEL_TRACES_SAMPLER_ARG: text("the share that `traceidratio` sends, from 0 to 1", "`1`"),
  OTEL_TRACES_EXPORTER: choice(
    "`none`: no traces, although an endpoint is set",
    TRACE_EXPORTERS,
    "`otlp`",
  ),
  OTEL_SDK_DISABLED: flag("`true`: the same"),
};
