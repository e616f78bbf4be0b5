/** Turns a batch of rows into tokens, column by column, and checks what the SDK gave. */
import { ServiceError } from "../errors.ts";
import { toJavaScript } from "../tokens/token_pattern.ts";
import type { TokenSdk } from "../tokens/token_sdk.ts";

/** What has to be known of the table that the values stand in. */
export interface TokenTable {
  readonly displayName: string;
  /** `maxLength` is the most characters the column holds; null where it is not limited. */
  readonly columns: readonly { readonly name: string; readonly maxLength: number | null }[];
}

/** The columns of a batch: NULL where a row's column is left as it is. */
export type TokenColumns = readonly (readonly (string | null)[])[];

/**
 * Tokens for `columns` of values, in their places.
 *
 * Throws `token_sdk_error` where the SDK breaks its promises, `value_too_long` where a token does not
 * fit its column.
 */
export async function tokenizeBatch(
  table: TokenTable,
  sdk: TokenSdk,
  columns: TokenColumns,
): Promise<TokenColumns> {
  const isToken = toJavaScript(sdk.pattern);
  return await Promise.all(columns.map(async (values, i) => {
    const column = table.columns[i]!;
    const present = values.filter((value) => value !== null);
    if (present.length === 0) return values;
    const context = { dataset: table.displayName, column: column.name };
    const tokens = await sdk.tokenize(present, context);
    if (tokens.length !== present.length || !tokens.every((token) => isToken.test(token))) {
      throw new ServiceError(
        "token_sdk_error",
        `Cannot tokenize ${table.displayName}: the token SDK gave something else than a token a value`,
      );
    }
    const { maxLength } = column;
    if (maxLength !== null && tokens.some((token) => token.length > maxLength)) {
      throw tooLong(table, column.name, maxLength);
    }
    let next = 0;
    return values.map((value) => value === null ? null : tokens[next++]!);
  }));
}

/** The refusal of a column that cannot hold its tokens. */
export function tooLong(table: TokenTable, column: string, maxLength: number, needed?: number) {
  const need = needed === undefined ? "longer tokens" : `tokens of up to ${needed}`;
  return new ServiceError(
    "value_too_long",
    `Cannot tokenize ${table.displayName}: column "${column}" holds ${maxLength} characters, its values need ${need}`,
  );
}
