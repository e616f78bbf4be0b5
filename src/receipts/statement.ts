/**
 * Statements about datasets, as in-toto defines them.
 *
 * Source: in-toto Attestation Framework v1, "statement.md" and "resource_descriptor.md".
 */
import { type Envelope, seal } from "./dsse.ts";
import type { Signer } from "./signer.ts";

/** The `payloadType` of a statement's envelope. */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";

/** Something that is said of one dataset. */
export interface Statement<Predicate> {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly [{
    /** The dataset's URN. */
    readonly name: string;
    /** A subject must have a digest; a table has none that lasts, so it is that of its name. */
    readonly digest: { readonly sha256: string };
  }];
  /** A URI that says what the predicate means. */
  readonly predicateType: string;
  readonly predicate: Predicate;
}

/** The statement that `predicate` is true of the dataset. */
export async function statementOn<Predicate>(
  datasetUrn: string,
  predicateType: string,
  predicate: Predicate,
): Promise<Statement<Predicate>> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(datasetUrn));
  const sha256 = new Uint8Array(digest).toHex();
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: datasetUrn, digest: { sha256 } }],
    predicateType,
    predicate,
  };
}

/** The statement in its envelope, signed if there is a signer. */
export function sealStatement(
  statement: Statement<unknown>,
  signer: Signer | undefined,
): Promise<Envelope> {
  return seal(STATEMENT_TYPE, new TextEncoder().encode(JSON.stringify(statement)), signer);
}
