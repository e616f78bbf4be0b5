/** Names and literals for SQL text. Values are never part of it: they travel as parameters. */

/** A quoted identifier; `name` may hold any characters. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal. Relies on `standard_conforming_strings`. */
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
  // a check first takes half the time of a replacement that finds nothing
  const isPlain = !value.includes('"') && !value.includes("\\");
  return isPlain ? `"${value}"` : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
