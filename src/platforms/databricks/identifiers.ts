/** Names and literals as they are written in SQL text. Values never are: see sql/write_tokens.ts. */

/** A quoted identifier, which may hold any characters. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/**
 * A raw string literal, for a token's pattern: its backslashes stand for themselves, however the
 * session's `spark.sql.parser.escapedStringLiterals` is set. Throws `TypeError` if `text` holds a quote.
 */
export function rawLiteral(text: string): string {
  if (text.includes("'")) throw new TypeError("Cannot write the raw literal: it holds a quote");
  return `r'${text}'`;
}
