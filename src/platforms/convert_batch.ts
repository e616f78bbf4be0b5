/** Converts a batch of rows, column by column, and checks what the SDK gave. */
import { ServiceError } from "../errors.ts";
import type { Conversion } from "../tokens/conversion.ts";
import { toJavaScript } from "../tokens/token_pattern.ts";

/** What has to be known of the table that the texts stand in. */
export interface TextTable {
  readonly displayName: string;
  /** `maxLength` is the most characters the column holds; null where it is not limited. */
  readonly columns: readonly { readonly name: string; readonly maxLength: number | null }[];
}

/** The columns of a batch: NULL where a row's column is left as it is. */
export type TextColumns = readonly (readonly (string | null)[])[];

/** What became of a batch. */
export interface ConvertedBatch {
  /** Tokens in the texts' places. */
  readonly tokens: TextColumns;
  /** Texts that were lookalikes, and are NULL there. */
  readonly lookalikes: readonly { readonly column: number; readonly row: number }[];
}

/**
 * Tokens for `columns` of texts, in their places.
 *
 * Throws `token_sdk_error` where the SDK breaks its promises, `value_too_long` where a token does not
 * fit its column.
 */
export async function convertBatch(
  table: TextTable,
  conversion: Conversion,
  columns: TextColumns,
): Promise<ConvertedBatch> {
  const isToken = toJavaScript(conversion.result);
  const lookalikes: { column: number; row: number }[] = [];
  const tokens = await Promise.all(columns.map(async (texts, i) => {
    const { name, maxLength } = table.columns[i]!;
    const present = texts.filter((text) => text !== null);
    if (present.length === 0) return texts;
    const made = await conversion.convert(present, { dataset: table.displayName, column: name });
    const isFit = (token: string | null | undefined) =>
      token === null ? conversion.mayRefuse : token !== undefined && isToken.test(token);
    if (made.length !== present.length || !made.every(isFit)) throw brokenPromise(table);
    if (maxLength !== null && made.some((token) => token !== null && token.length > maxLength)) {
      throw tooLong(table, name, maxLength);
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

function brokenPromise({ displayName }: TextTable): ServiceError {
  return new ServiceError(
    "token_sdk_error",
    `Cannot tokenize ${displayName}: the token SDK gave something else than a token a value`,
  );
}

/** The refusal of a column that cannot hold its tokens. */
export function tooLong(table: TextTable, column: string, maxLength: number, needed?: number) {
  const need = needed === undefined ? "longer tokens" : `tokens of up to ${needed}`;
  return new ServiceError(
    "value_too_long",
    `Cannot tokenize ${table.displayName}: column "${column}" holds ${maxLength} characters, its values need ${need}`,
  );
}
