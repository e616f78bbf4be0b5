/**
 * Statements about datasets, as in-toto defines them.
 *
 * Source: in-toto Attestation Framework v1, "statement.md" and "resource_descriptor.md".
 */
import { createHash } from "node:crypto";
import { seal } from "./dsse.ts";
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
export function statementOn<Predicate>(
  datasetUrn: string,
  predicateType: string,
  predicate: Predicate,
): Statement<Predicate> {
  const sha256 = createHash("sha256").update(datasetUrn).digest("hex");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: datasetUrn, digest: { sha256 } }],
    predicateType,
    predicate,
  };
}

/** A statement as it is sent. */
export interface SealedStatement {
  /** The envelope, as JSON on one line. */
  readonly document: string;
  /** Of the envelope's payload, in hexadecimal. */
  readonly sha256: string;
}

/** Puts the statement into an envelope, signed if there is a signer. */
export async function sealStatement(
  statement: Statement<unknown>,
  signer: Signer | undefined,
): Promise<SealedStatement> {
  const payload = new TextEncoder().encode(JSON.stringify(statement));
  const document = JSON.stringify(await seal(STATEMENT_TYPE, payload, signer));
  return { document, sha256: createHash("sha256").update(payload).digest("hex") };
}
