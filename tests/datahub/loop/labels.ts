/** The tags of the tests, and how their tokens look. */

/** The tag that asks for a column. */
export const PII = "urn:li:tag:PII";
/** The tag that approves one. */
export const APPROVED = "urn:li:tag:tokenize-approved";

/** Whether a value is a token of the SDK `dummy`, or NULL. */
export function isToken(value: string | null): boolean {
  return value === null || /^tok_[A-Za-z0-9+/]*={0,2}_poc$/.test(value);
}
