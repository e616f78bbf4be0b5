/** Names and literals as they stand in SQL text. Values never do: they travel as parameters. */

/** A quoted identifier, whatever characters it holds. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/**
 * A raw string literal, for the token's pattern: backslashes mean themselves, whatever the session's
 * `spark.sql.parser.escapedStringLiterals` says. Patterns hold no quotes.
 */
export function rawLiteral(text: string): string {
  if (text.includes("'")) throw new TypeError("Cannot write the raw literal: it holds a quote");
  return `r'${text}'`;
}
