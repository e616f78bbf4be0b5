/** Converts columns of texts, and checks what the token SDK returned. */
import { ServiceError } from "../errors.ts";
import { toByteMatcher } from "../tokens/byte_matcher.ts";
import type { Conversion } from "../tokens/conversion.ts";
import {
  type PackedResults,
  type PackedTexts,
  packTexts,
  startOf,
  unpackResults,
} from "../tokens/packed_texts.ts";
import { tooLong } from "./refusal.ts";

/** A column that texts stand in. */
export interface TextColumn {
  readonly name: string;
  /** The most characters it holds; null if it has no limit. */
  readonly maxLength: number | null;
}

/** The table that the texts stand in. */
export interface TextTable {
  readonly platform: string;
  /** Its name in the catalogue, part by part. */
  readonly path: readonly string[];
  readonly displayName: string;
  readonly columns: readonly TextColumn[];
}

/** A batch, column by column: null if a row's column is left as it is. */
export type TextColumns = readonly (readonly (string | null)[])[];

/** A batch of tokens. */
export interface ConvertedBatch {
  /** Each token in the place of its text. */
  readonly tokens: TextColumns;
  /** The places of texts that were lookalikes; `tokens` has null there. */
  readonly lookalikes: readonly { readonly column: number; readonly row: number }[];
}

/**
 * Tokens for `columns` of texts, each in the place of its text. Throws what `convertColumn` throws.
 */
export async function convertBatch(
  table: TextTable,
  conversion: Conversion,
  columns: TextColumns,
): Promise<ConvertedBatch> {
  const lookalikes: { column: number; row: number }[] = [];
  const tokens = await Promise.all(columns.map(async (texts, column) => {
    const rows = [...texts.keys()].filter((row) => texts[row] !== null);
    const packed = packTexts(rows.map((row) => texts[row]!));
    const made = await convertColumn(table, conversion, table.columns[column]!, packed);
    const converted: (string | null)[] = texts.map(() => null);
    for (const [i, token] of unpackResults(made).entries()) converted[rows[i]!] = token;
    for (const i of made.nulls) lookalikes.push({ column, row: rows[i]! });
    return converted;
  }));
  return { tokens, lookalikes };
}

/**
 * Tokens for texts of a column; null for a lookalike.
 *
 * Throws `token_sdk_error` if the SDK does not return one valid token per text, `value_too_long` if a
 * token does not fit the column.
 */
export async function convertColumn(
  { platform, path, displayName }: TextTable,
  conversion: Conversion,
  { name, maxLength }: TextColumn,
  texts: PackedTexts,
): Promise<PackedResults> {
  if (texts.ends.length === 0) return { bytes: texts.bytes, ends: texts.ends, nulls: [] };
  const context = { platform, dataset: path, column: name };
  const made = await conversion.convert(texts, context);
  if (!areValid(made, texts, conversion)) throw invalidTokens(displayName);
  const { givesValues } = conversion;
  // a token is ASCII, since its pattern is: it has as many characters as bytes
  const lengthOf = (start: number, end: number) =>
    givesValues ? characters(made.bytes, start, end) : end - start;
  if (
    maxLength !== null &&
    made.ends.some((end, i) => lengthOf(startOf(made.ends, i), end) > maxLength)
  ) {
    throw tooLong(displayName, name, maxLength);
  }
  return made;
}

/** How many characters there are from `start` up to `end`: bytes that begin one. */
function characters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if ((bytes[i]! & 0xc0) !== 0x80) count++;
  return count;
}

/** Whether there is a token for each text, or null if texts may be rejected. */
function areValid(
  { bytes, ends, nulls }: PackedResults,
  texts: PackedTexts,
  { result, canReject, givesValues }: Conversion,
): boolean {
  if (ends.length !== texts.ends.length || (nulls.length > 0 && !canReject)) return false;
  if (givesValues) return true;
  const isToken = toByteMatcher(result);
  const rejected = nulls.length > 0 ? new Set(nulls) : undefined;
  for (let i = 0; i < ends.length; i++) {
    if (!rejected?.has(i) && !isToken(bytes, startOf(ends, i), ends[i]!)) return false;
  }
  return true;
}

function invalidTokens(displayName: string): ServiceError {
  return new ServiceError(
    "token_sdk_error",
    `Cannot tokenize ${displayName}: the token SDK did not return exactly one valid token per value`,
  );
}
