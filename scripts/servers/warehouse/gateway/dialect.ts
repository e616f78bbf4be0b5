/** Statements that run on Databricks, but not on the versions of Spark and Delta used here. */

/**
 * The statement, in a form that runs here. Delta 4.0.0 purges deletion vectors with a method that Spark
 * 4.0.1 no longer has. OPTIMIZE rewrites the same files, if deletion vectors hide more than a few of
 * their rows.
 */
export function inSparksWords(statement: string): string {
  return statement.replace(
    /^\s*REORG\s+TABLE\s+(.+?)\s+APPLY\s*\(\s*PURGE\s*\)\s*$/i,
    "OPTIMIZE $1",
  );
}
