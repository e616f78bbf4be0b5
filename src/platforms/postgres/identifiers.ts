/** Names and literals as they stand in SQL text. Values never do: they travel as parameters. */

/** A quoted identifier, whatever characters it holds. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal, for the token's pattern. Relies on `standard_conforming_strings`. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * The text form of a `text[]`, so that a whole column of a batch travels as one parameter.
 * Source: PostgreSQL documentation, "8.15.6 Array Input and Output Syntax".
 */
export function arrayLiteral(values: readonly (string | null)[]): string {
  return `{${values.map(element).join(",")}}`;
}

function element(value: string | null): string {
  if (value === null) return "NULL";
  // to look first takes half the time of a replacement that finds nothing
  const isPlain = !value.includes('"') && !value.includes("\\");
  return isPlain ? `"${value}"` : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
