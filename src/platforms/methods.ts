/** The ways in which tokens get into a table. */

/**
 * How the tokens got into the table: made here and written back; made by an SQL expression in an UPDATE;
 * or made by one while the table was rebuilt.
 */
export const METHODS = ["client", "pushdown", "rewrite"] as const;
/** How the tokens got into the table. */
export type Method = (typeof METHODS)[number];
