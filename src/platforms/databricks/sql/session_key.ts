/**
 * A key that the warehouse makes for a run and keeps in a session variable. It encrypts the texts that
 * a statement reads, so that later statements can name them without holding them.
 *
 * Databricks keeps the text and the parameters of every statement (system table
 * `system.query.history`). With the ciphertext in a parameter, neither holds a value. Why not a digest
 * of the text with a salt: a MERGE would have to compare it with the table's rows in its condition, and
 * Delta writes the condition into the table's history, with the variable's value in place of its name.
 *
 * Sources: Databricks SQL language reference, "DECLARE VARIABLE", "aes_encrypt function"; Delta
 * Lake's `DeltaOperations.Merge` (`predicate`). Tried on Spark 4.0.1 with Delta 4.0.0.
 */

/**
 * 12 random bytes and a tag: the initialization vector of GCM comes from the system's secure random
 * generator. The generator of `uuid()` and `rand()` can be predicted. Key and text mean nothing here.
 */
const random = (text: string) => `aes_encrypt('${text}', 'tokenize-action!')`;

/** Makes a new key: 32 bytes out of 36 random ones. It replaces the session's key, if there is one. */
export const DECLARE_KEY = "DECLARE OR REPLACE VARIABLE tokenize_key BINARY DEFAULT " +
  `unhex(sha2(concat(${random("1")}, ${random("2")}, ${random("3")}), 256))`;

/** A subquery, since a plan shows the value of a variable, but not what a subquery returns. */
const KEY = "(SELECT v.k FROM VALUES (system.session.tokenize_key) AS v(k))";

/**
 * Makes a second key, with which this program encrypts what it sends: `READ_VALUES_KEY` gives it. Only a run that
 * writes values has one. Its ciphertexts are kept in the history of queries; the response with the key is not.
 */
export const DECLARE_VALUES_KEY =
  "DECLARE OR REPLACE VARIABLE tokenize_values_key BINARY DEFAULT " +
  `unhex(sha2(concat(${random("4")}, ${random("5")}, ${random("6")}), 256))`;

/** The row of `READ_VALUES_KEY`: the key in hexadecimal. */
export interface ValuesKeyRow {
  readonly k: string;
}

/** Gives the second key. */
export const READ_VALUES_KEY =
  "SELECT hex(v.k) AS k FROM VALUES (system.session.tokenize_values_key) AS v(k)";

const VALUES_KEY = "(SELECT v.k FROM VALUES (system.session.tokenize_values_key) AS v(k))";

/** The text of a ciphertext that this program made with the second key: AES-GCM, after its nonce. */
export function unsealed(ciphertext: string): string {
  return `cast(aes_decrypt(unbase64(${ciphertext}), ${VALUES_KEY}) AS STRING)`;
}

/** The ciphertext of a text, in Base64 (perhaps with line breaks); NULL for NULL. Differs each time. */
export function encrypted(text: string): string {
  return `base64(aes_encrypt(${text}, ${KEY}))`;
}

/** The text of a ciphertext, byte by byte as it was. */
export function decrypted(ciphertext: string): string {
  return `cast(aes_decrypt(unbase64(${ciphertext}), ${KEY}) AS STRING)`;
}
