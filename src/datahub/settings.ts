/** How the program follows DataHub: which tags mean "tokenize this column", and what is done about them. */
import { collectFaults, ConfigError, type ConfigFault, configFault } from "../config_error.ts";
import { boolean, choice, durationMs } from "../setting_values.ts";
import type { SettingsReader } from "../settings_reader.ts";
import { splitUrnList } from "./dataset_urn.ts";

/**
 * What is done about a tagged column: count and report only; tokenize it once somebody approved; or
 * tokenize it.
 */
export const DATAHUB_MODES = ["observe", "approve", "run"] as const;
/** What is done about a tagged column. */
export type DatahubMode = (typeof DATAHUB_MODES)[number];

/** What can be reported to DataHub. */
export const REPORT_KINDS = ["operation", "tag", "incident", "property", "assertion"] as const;
/** Something that is reported to DataHub. */
export type ReportKind = (typeof REPORT_KINDS)[number];

/** The settings of the DataHub loop. Plain data, since it crosses into the sandbox as a message. */
export interface DatahubSettings {
  readonly gms: GmsSettings;
  /** URNs of tags, any of which asks for a column. Of tags, terms and groups there is at least one. */
  readonly tags: readonly string[];
  /** URNs of glossary terms, any of which asks for a column. */
  readonly terms: readonly string[];
  /** URNs of term groups (`urn:li:glossaryNode:…`): each term in one, at any depth, asks for a column. */
  readonly termGroups: readonly string[];
  readonly mode: DatahubMode;
  /** URN of the tag that approves a column; never undefined in the mode `approve`. */
  readonly approvalTag: string | undefined;
  /** URN of the tag that marks a column as done. */
  readonly doneTag: string;
  /** The time from one sweep over all tagged datasets to the next. */
  readonly sweepIntervalMs: number;
  /** The name under which DataHub keeps the offset of the events that were handled. */
  readonly consumer: string;
  readonly report: readonly ReportKind[];
  /** Whether a run is followed by the deletion of the dataset's profiles, which hold values. */
  readonly purgeProfiles: boolean;
  readonly poll: PollSettings;
}

/** Where DataHub's metadata service (GMS) is, and how requests to it are authenticated. */
export interface GmsSettings {
  /** `http` or `https`, without a trailing slash: `https://datahub.example.com/gms`. */
  readonly url: string;
  /** A bearer token; undefined if DataHub asks for none. */
  readonly token: string | undefined;
}

/** How events are polled. */
export interface PollSettings {
  /** How long DataHub may wait for an event before it responds. */
  readonly timeoutMs: number;
  /** The pause after a response. DataHub serves only a few polls at once, for all its clients. */
  readonly pauseMs: number;
  /** The most events in one response. */
  readonly limit: number;
}

const TAG = "urn:li:tag:";
const TERM = "urn:li:glossaryTerm:";
const TERM_GROUP = "urn:li:glossaryNode:";

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
/** The longest pause: timers count milliseconds in 31 bits. */
const MAX_SWEEP_INTERVAL_MS = 24 * 24 * HOUR_MS;
/** DataHub's own default. */
const POLL_LIMIT = 100;

/**
 * Reads the settings; undefined if `DATAHUB_GMS_URL` is not set. The mode `run` is refused unless
 * `ALLOWED_DATASETS` is set.
 *
 * Throws `ConfigError` with every fault.
 */
export function readDatahubSettings(reader: SettingsReader): DatahubSettings | undefined {
  const url = reader.variable("DATAHUB_GMS_URL");
  if (url === undefined) return undefined;
  const { faults, attempt } = collectFaults();
  const { variable } = reader;
  const read = <T>(fallback: T, readOne: () => T): T => attempt(readOne) ?? fallback;
  const interval = (name: string, fallback: number, min: number, max: number) =>
    read(fallback, () => durationMs(name, variable(name), fallback, min, max));
  const terms = read([], () => urns(reader, "DATAHUB_TERMS", [TERM, TERM_GROUP]));
  const settings: DatahubSettings = {
    gms: {
      url: read("", () => readUrl(url)),
      token: read(undefined, () => readToken(reader)),
    },
    tags: read([], () => urns(reader, "DATAHUB_TAGS", [TAG])),
    terms: terms.filter((urn) => urn.startsWith(TERM)),
    termGroups: terms.filter((urn) => urn.startsWith(TERM_GROUP)),
    mode: read(
      "observe",
      () => choice("DATAHUB_MODE", variable("DATAHUB_MODE"), DATAHUB_MODES, "observe"),
    ),
    approvalTag: read(undefined, () => oneTag(reader, "DATAHUB_APPROVAL_TAG")),
    doneTag: read("", () => oneTag(reader, "DATAHUB_DONE_TAG") ?? `${TAG}Tokenized`),
    sweepIntervalMs: interval(
      "DATAHUB_SWEEP_INTERVAL",
      6 * HOUR_MS,
      SECOND_MS,
      MAX_SWEEP_INTERVAL_MS,
    ),
    consumer: read("", () => readConsumer(variable("DATAHUB_CONSUMER") ?? "tokenize-action")),
    report: read([], () => readReport(variable("DATAHUB_REPORT") ?? "operation,tag,incident")),
    purgeProfiles: read(
      false,
      () => boolean("DATAHUB_PURGE_PROFILES", variable("DATAHUB_PURGE_PROFILES")),
    ),
    poll: {
      timeoutMs: interval("DATAHUB_POLL_TIMEOUT", 2 * SECOND_MS, SECOND_MS, 10 * SECOND_MS),
      pauseMs: interval("DATAHUB_POLL_PAUSE", SECOND_MS, 0, HOUR_MS),
      limit: POLL_LIMIT,
    },
  };
  const hasAllowList = variable("ALLOWED_DATASETS") !== undefined;
  if (faults.length === 0) faults.push(...contradictions(settings, hasAllowList));
  if (faults.length > 0) throw new ConfigError(faults);
  return settings;
}

/** What is wrong with settings that are right each for itself. */
function contradictions(settings: DatahubSettings, hasAllowList: boolean): ConfigFault[] {
  const { tags, terms, termGroups, mode, approvalTag, doneTag } = settings;
  const faults: ConfigFault[] = [];
  const fault = (variable: string, reason: string) => faults.push({ variable, reason });
  if (tags.length + terms.length + termGroups.length === 0) {
    fault("DATAHUB_TAGS", "it or DATAHUB_TERMS must be set: without them no column is asked for");
  }
  if (mode === "run" && !hasAllowList) {
    fault("DATAHUB_MODE", "run needs ALLOWED_DATASETS, so that a tag cannot reach every dataset");
  }
  if (mode === "approve" && approvalTag === undefined) {
    fault("DATAHUB_APPROVAL_TAG", "it must be set if DATAHUB_MODE is approve");
  }
  if (approvalTag !== undefined && [...tags, doneTag].includes(approvalTag)) {
    fault("DATAHUB_APPROVAL_TAG", "it is also a tag of DATAHUB_TAGS or DATAHUB_DONE_TAG");
  }
  if (tags.includes(doneTag)) fault("DATAHUB_DONE_TAG", "it is also a tag of DATAHUB_TAGS");
  return faults;
}

function readUrl(text: string): string {
  const name = "DATAHUB_GMS_URL";
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw configFault(name, "it is not an http:// or https:// URL");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw configFault(name, "it must contain only a host, a port and optionally a path");
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** The token, under the program's names or in the file that DataHub's own tools read it from. */
function readToken(reader: SettingsReader): string | undefined {
  const own = reader.secret("DATAHUB_GMS_TOKEN");
  const name = "DATAHUB_AUTH_TOKEN_FILE";
  const path = reader.variable(name);
  if (path !== undefined && own !== undefined) {
    throw configFault(name, "DATAHUB_GMS_TOKEN is set too: set only one of them");
  }
  const token = path === undefined ? own : reader.secretFile(name, path).trim();
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw configFault(
      path === undefined ? "DATAHUB_GMS_TOKEN" : name,
      "it contains characters that are not allowed in a bearer token, or none",
    );
  }
  return token;
}

function urns(reader: SettingsReader, name: string, prefixes: readonly string[]): string[] {
  const found = splitUrnList(reader.variable(name) ?? "");
  if (found.every((urn) => prefixes.some((prefix) => urn.startsWith(prefix) && urn !== prefix))) {
    return [...new Set(found)];
  }
  throw configFault(
    name,
    `its URNs must begin with ${prefixes.map((each) => `"${each}"`).join(" or ")}`,
  );
}

function oneTag(reader: SettingsReader, name: string): string | undefined {
  const [tag, another] = urns(reader, name, [TAG]);
  if (another !== undefined) throw configFault(name, "it is more than one tag");
  return tag;
}

function readConsumer(text: string): string {
  if (/^[\p{L}\p{N} ._-]{1,100}$/u.test(text)) return text;
  throw configFault(
    "DATAHUB_CONSUMER",
    "it is not 1 to 100 letters, digits, blanks, dots, hyphens and underscores",
  );
}

function readReport(text: string): ReportKind[] {
  const names = splitUrnList(text);
  const kinds = REPORT_KINDS.filter((kind) => names.includes(kind));
  if (names.length > 0 && names.every((name) => kinds.some((kind) => kind === name))) return kinds;
  throw configFault("DATAHUB_REPORT", `it is not a list of ${REPORT_KINDS.join(", ")}`);
}
