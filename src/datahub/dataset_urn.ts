/**
 * Dataset URNs as DataHub writes them:
 * `urn:li:dataset:(urn:li:dataPlatform:<platform>,<name>,<fabric>)`.
 *
 * Source of the format: DataHub's `metadata-ingestion`, `_urn_base.py` and `urn_encoder.py`. The
 * parts are split on commas at parenthesis depth 1; only `,` `(` `)` are percent-encoded in a part.
 */
import { counted } from "../counted.ts";
import { ServiceError } from "../errors.ts";
import { isPossibleText } from "../possible_text.ts";

/** DataHub's environments (`FabricType` in its model). */
export const FABRICS = [
  "DEV",
  "TEST",
  "QA",
  "UAT",
  "EI",
  "PRE",
  "STG",
  "NON_PROD",
  "PROD",
  "CORP",
  "RVW",
  "PRD",
  "TST",
  "SIT",
  "SBX",
  "SANDBOX",
] as const;

/** One of DataHub's environments. */
export type Fabric = (typeof FABRICS)[number];

/** A parsed dataset URN. */
export interface DatasetUrn {
  /** The URN as it was given. */
  readonly urn: string;
  /** The part after `urn:li:dataPlatform:`, such as `postgres`. */
  readonly platform: string;
  /** The dataset's name as written, which may contain `%2C`, `%28` and `%29`. */
  readonly name: string;
  readonly fabric: Fabric;
}

const PREFIX = "urn:li:dataset:(";
const PLATFORM_PREFIX = "urn:li:dataPlatform:";

/** Parses a dataset URN. Throws `invalid_urn`, saying which part is wrong. */
export function parseDatasetUrn(value: string): DatasetUrn {
  if (!isPossibleText(value)) {
    throw invalid("dataset URN", "it holds half of a surrogate pair or a NUL, which no name has");
  }
  const parts = splitUrnParts(value, PREFIX, "dataset URN");
  if (parts.length !== 3) {
    throw invalid(
      "dataset URN",
      `it has ${counted(parts.length, "part")}, not platform, name and environment`,
    );
  }
  const [platformUrn, name, fabric] = parts as [string, string, string];
  const platform = platformUrn.startsWith(PLATFORM_PREFIX)
    ? platformUrn.slice(PLATFORM_PREFIX.length)
    : "";
  if (!/^[A-Za-z0-9_.-]+$/.test(platform)) {
    throw invalid("dataset URN", `its first part is not "${PLATFORM_PREFIX}<platform>"`);
  }
  if (name === "") throw invalid("dataset URN", "its name is empty");
  if (!isFabric(fabric)) {
    throw invalid("dataset URN", `its environment is not one of ${FABRICS.join(", ")}`);
  }
  return Object.freeze({ urn: value, platform, name, fabric });
}

/**
 * What a part of a URN may have been before it was encoded, most literal first. DataHub does not
 * encode `%`, so `%2C` in a part means either itself or a comma.
 */
export function spellings(part: string): readonly string[] {
  const decoded = part.replace(/%(2C|28|29)/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return decoded === part ? [part] : [part, decoded];
}

/** A text as a part of a URN, with `,`, `(` and `)` percent-encoded as DataHub does it. */
export function encodePart(text: string): string {
  return text.replace(/[,()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Splits `prefix + a,b,… + )` on commas at parenthesis depth 1. Throws `invalid_urn`. */
export function splitUrnParts(value: string, prefix: string, what: string): string[] {
  if (!value.startsWith(prefix)) throw invalid(what, `it does not start with "${prefix}"`);
  const parts: string[] = [];
  let depth = 1;
  let start = prefix.length;
  for (let i = start; i < value.length; i++) {
    const char = value[i];
    if (char === "(") depth++;
    else if (char === ")") {
      depth--;
      if (depth === 0) {
        if (i !== value.length - 1) throw invalid(what, "text follows its closing parenthesis");
        parts.push(value.slice(start, i));
        return parts;
      }
    } else if (char === "," && depth === 1) {
      parts.push(value.slice(start, i));
      start = i + 1;
    }
  }
  throw invalid(what, "a closing parenthesis is missing");
}

/** Splits a comma-separated list of names and URNs on the commas outside parentheses. */
export function splitUrnList(text: string): string[] {
  const entries: string[] = [];
  let depth = 0;
  let current = "";
  for (const char of text) {
    if (char === "(") depth++;
    if (char === ")") depth = Math.max(0, depth - 1);
    if (char === "," && depth === 0) {
      entries.push(current);
      current = "";
    } else current += char;
  }
  return [...entries, current].map((entry) => entry.trim()).filter((entry) => entry !== "");
}

function isFabric(value: string): value is Fabric {
  return (FABRICS as readonly string[]).includes(value);
}

function invalid(what: string, reason: string): ServiceError {
  return new ServiceError("invalid_urn", `Cannot read the ${what}: ${reason}`);
}
