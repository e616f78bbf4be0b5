/** Converts a batch of rows, column by column, and checks what the token SDK returned. */
import { ServiceError } from "../errors.ts";
import type { Conversion } from "../tokens/conversion.ts";
import { toJavaScript } from "../tokens/token_pattern.ts";
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
 * Tokens for `columns` of texts, each in the place of its text.
 *
 * Throws `token_sdk_error` if the SDK does not return one valid token per text, `value_too_long` if a
 * token does not fit its column.
 */
export async function convertBatch(
  table: TextTable,
  conversion: Conversion,
  columns: TextColumns,
): Promise<ConvertedBatch> {
  const { platform, path, displayName } = table;
  const isToken = toJavaScript(conversion.result);
  const lookalikes: { column: number; row: number }[] = [];
  const tokens = await Promise.all(columns.map(async (texts, i) => {
    const { name, maxLength } = table.columns[i]!;
    const present = texts.filter((text) => text !== null);
    if (present.length === 0) return texts;
    const context = { platform, dataset: path, column: name };
    const made = await conversion.convert(present, context);
    const isValid = (token: string | null | undefined) =>
      token === null ? conversion.canReject : token !== undefined && isToken.test(token);
    if (made.length !== present.length || !made.every(isValid)) throw invalidTokens(displayName);
    if (maxLength !== null && made.some((token) => token !== null && token.length > maxLength)) {
      throw tooLong(displayName, name, maxLength);
    }
    let next = 0;
    return texts.map((text, row) => {
      if (text === null) return null;
      const token = made[next++]!;
      if (token === null) lookalikes.push({ column: i, row });
      return token;
    });
  }));
  return { tokens, lookalikes };
}

function invalidTokens(displayName: string): ServiceError {
  return new ServiceError(
    "token_sdk_error",
    `Cannot tokenize ${displayName}: the token SDK did not return exactly one valid token per value`,
  );
}
