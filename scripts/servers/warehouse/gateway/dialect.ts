/** Statements that Databricks runs, and the versions of Spark and Delta here do not. */

/**
 * The statement in words that can be run. Delta 4.0.0 purges deletion vectors with a method that Spark
 * 4.0.1 no longer has; OPTIMIZE writes the same files anew where deletion vectors hide more than a few
 * of their rows.
 */
export function inSparksWords(statement: string): string {
  return statement.replace(
    /^\s*REORG\s+TABLE\s+(.+?)\s+APPLY\s*\(\s*PURGE\s*\)\s*$/i,
    "OPTIMIZE $1",
  );
}
