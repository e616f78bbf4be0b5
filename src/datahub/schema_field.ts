/**
 * Columns as DataHub names them: a plain name, a schemaField path (v1 `email`, v2
 * `[version=2.0].[type=string].email`), or a whole schemaField URN
 * `urn:li:schemaField:(<dataset URN>,<path>)`.
 *
 * Source of the format: DataHub's documentation "SchemaFieldPath Specification (Version 2)".
 */
import { counted } from "../counted.ts";
import { ServiceError } from "../errors.ts";
import { type DatasetUrn, spellings, splitUrnParts } from "./dataset_urn.ts";

/** A column as the caller named it, with the names it may have in the catalogue. */
export interface ColumnRef {
  /** As the caller wrote it, for messages. */
  readonly written: string;
  /** The names to look for, most literal first; never empty. */
  readonly names: readonly string[];
}

const URN_PREFIX = "urn:li:schemaField:(";
const V2_PREFIX = "[version=2.0]";

/**
 * Parses the columns of a trigger on `dataset`.
 *
 * Throws `invalid_urn` for a malformed schemaField URN, `invalid_request` if there is no column, or one
 * is empty, named twice or belongs to another dataset.
 */
export function parseColumns(written: readonly string[], dataset: DatasetUrn): ColumnRef[] {
  if (written.length === 0) {
    throw new ServiceError("invalid_request", "Cannot read the columns: none is named");
  }
  const twice = written.find((column, i) => written.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new ServiceError("invalid_request", `Cannot read the columns: "${twice}" is named twice`);
  }
  return written.map((column) => parseColumn(column, dataset));
}

function parseColumn(written: string, dataset: DatasetUrn): ColumnRef {
  const names = written.startsWith(URN_PREFIX)
    ? spellings(pathOf(written, dataset)).map(toV1)
    : unpadded(toV1(written));
  if (names.some((name) => name.trim() === "")) {
    throw new ServiceError("invalid_request", `Cannot read column "${written}": its name is empty`);
  }
  return { written, names };
}

/** A name as it is; then, since blanks around names are slips more often than names, without them. */
function unpadded(name: string): string[] {
  const trimmed = name.trim();
  return trimmed === name || trimmed === "" ? [name] : [name, trimmed];
}

/** A v2 path without its bracketed parts; a v1 path unchanged. */
export function toV1(path: string): string {
  if (!path.startsWith(V2_PREFIX)) return path;
  return path.slice(V2_PREFIX.length).replace(/\.?\[(?:type|key)=[^\]]*\]/g, "").replace(/^\./, "");
}

function pathOf(urn: string, dataset: DatasetUrn): string {
  const parts = splitUrnParts(urn, URN_PREFIX, "schemaField URN");
  if (parts.length !== 2) {
    throw new ServiceError(
      "invalid_urn",
      `Cannot read the schemaField URN: it has ${
        counted(parts.length, "part")
      }, not a dataset and a path`,
    );
  }
  const [owner, path] = parts as [string, string];
  if (owner !== dataset.urn) {
    throw new ServiceError(
      "invalid_request",
      `Cannot read column "${urn}": it belongs to another dataset than the trigger names`,
    );
  }
  return path;
}
