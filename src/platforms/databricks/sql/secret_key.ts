/**
 * A token SDK's key, which the warehouse reads from a Databricks secret scope for a run. No statement
 * and no response holds it.
 *
 * Databricks refuses `secret()` in a statement that writes to a table, unless `aes_encrypt` takes its
 * result (error class SECRET_FUNCTION_INVALID_LOCATION). So the secret goes into a session variable
 * first, encrypted with the session's key, and the UPDATE decrypts it. In between, a plan that shows the
 * variable shows a ciphertext.
 *
 * Sources: Databricks SQL language reference, "secret function", "SET VARIABLE", "SHOW FUNCTIONS".
 */
import { rawLiteral } from "../identifiers.ts";

/** A secret by its scope and name. */
export interface SecretName {
  readonly scope: string;
  readonly name: string;
}

/** Makes the variable. It replaces the session's variable, if there is one. */
export const DECLARE_SECRET = "DECLARE OR REPLACE VARIABLE tokenize_secret BINARY";

/** Puts the secret into the variable. The session must have a key. */
export function readSecretStatement({ scope, name }: SecretName): string {
  return `SET VARIABLE tokenize_secret = (SELECT aes_encrypt(secret(${rawLiteral(scope)}, ${
    rawLiteral(name)
  }), v.k) FROM VALUES (system.session.tokenize_key) AS v(k))`;
}

/** See `SqlEngine`. A subquery, for the reason that `session_key.ts` gives. */
export function ofSecret(expression: (secret: string) => string): string {
  const secret = "SELECT cast(aes_decrypt(v.e, v.k) AS STRING) AS s FROM VALUES " +
    "(system.session.tokenize_secret, system.session.tokenize_key) AS v(e, k)";
  return `(SELECT ${expression("x.s")} FROM (${secret}) AS x)`;
}

/** Lists functions called `hmac`; those of users have a schema before the name. */
export const SHOW_HMAC = "SHOW FUNCTIONS LIKE 'hmac'";

/** A function in that list. */
export interface FunctionRow {
  readonly function: string;
}

/** The tokens `t0`, `t1`, … that these SQL expressions give. */
export type SampleRow = Readonly<Record<`t${number}`, string | null>>;

/** Evaluates expressions over no table. */
export function sampleStatement(expressions: readonly string[]): string {
  return `SELECT ${expressions.map((each, i) => `${each} AS t${i}`).join(", ")}`;
}
