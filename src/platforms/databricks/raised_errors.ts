/**
 * What our own statements raise with `raise_error`: written into their SQL, and recognised in the
 * warehouse's message when one of them fails.
 */

/** The SQL expression of a token SDK gave something that its own pattern does not match. */
export const NOT_A_TOKEN = "tokenize-action: not a token";

/** A value is not valid UTF-8. */
export const NOT_TEXT = "tokenize-action: not text";
