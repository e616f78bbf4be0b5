/** Where the service listens, who may ask it, for which datasets, and what it logs. */
import { configFault } from "../config_error.ts";
import { splitUrnList } from "../datahub/dataset_urn.ts";
import { isHost, withoutBrackets } from "../host_name.ts";

/** How much is logged. */
const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The form of log lines: text for people, or one JSON object a line. */
export type LogFormat = "text" | "json";

/** The fewest characters of a trigger token. */
const MIN_TOKEN_LENGTH = 16;

/** `HOST`: an address or a name; IPv6 addresses without brackets. Throws `ConfigError`. */
export function readHost(value: string): string {
  const host = withoutBrackets(value);
  if (!isHost(host)) throw configFault("HOST", "it is neither a host name nor an IP address");
  return host;
}

/** `TRIGGER_TOKEN`. Throws `ConfigError`. */
export function readTriggerToken(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw configFault(
      "TRIGGER_TOKEN",
      "it contains characters that are not allowed in a bearer token",
    );
  }
  if (value.length < MIN_TOKEN_LENGTH) {
    throw configFault(
      "TRIGGER_TOKEN",
      `it has fewer than ${MIN_TOKEN_LENGTH} characters: "openssl rand -hex 24" makes a good one`,
    );
  }
  return value;
}

/** `LOG_LEVEL`, in upper or lower case. Throws `ConfigError`. */
export function readLogLevel(value: string | undefined): LogLevel {
  const wanted = value?.toLowerCase() === "warn" ? "warning" : value?.toLowerCase() ?? "info";
  const level = LOG_LEVELS.find((each) => each === wanted);
  if (level === undefined) {
    throw configFault("LOG_LEVEL", "it is not one of debug, info, warn, error");
  }
  return level;
}

/** `LOG_FORMAT`. Throws `ConfigError`. */
export function readLogFormat(value: string | undefined, isTerminal: boolean): LogFormat {
  if (value === undefined) return isTerminal ? "text" : "json";
  if (value !== "text" && value !== "json") {
    throw configFault("LOG_FORMAT", "it is not one of json, text");
  }
  return value;
}

/** The patterns of `ALLOWED_DATASETS`. Throws `ConfigError`. */
export function readAllowedDatasets(value: string | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const patterns = splitUrnList(value);
  const wrong = patterns.find((each) => each !== "*" && !each.startsWith("urn:li:dataset:("));
  if (patterns.length === 0 || wrong !== undefined) {
    throw configFault(
      "ALLOWED_DATASETS",
      `its patterns must be "*" or begin with "urn:li:dataset:("`,
    );
  }
  return patterns;
}
