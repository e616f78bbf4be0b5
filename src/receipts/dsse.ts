/**
 * Signed envelopes, as the Dead Simple Signing Envelope defines them.
 *
 * Source: DSSE v1.0.2, "protocol.md" (the signature's input) and "envelope.md" (the JSON).
 */
import { joinBytes } from "../bytes.ts";
import type { Signer } from "./signer.ts";

/** An envelope as it is published, hence the names in camel case. */
export interface Envelope {
  /** The content in base64. */
  readonly payload: string;
  /** What the content is, as a media type or a URI. */
  readonly payloadType: string;
  /** Empty if there is no key to sign with. */
  readonly signatures: readonly {
    /** A hint which key it was, never a proof. */
    readonly keyid: string;
    /** In base64. */
    readonly sig: string;
  }[];
}

/**
 * What is signed: `DSSEv1`, and for the type and the content the length in bytes and the bytes, with one
 * blank between them.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  const type = encoder.encode(payloadType);
  const head = encoder.encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  return joinBytes([head, payload], head.length + payload.length);
}

/** Puts the content into an envelope, and signs it if there is a signer. */
export async function seal(
  payloadType: string,
  payload: Uint8Array,
  signer: Signer | undefined,
): Promise<Envelope> {
  const signatures = signer === undefined ? [] : [{
    keyid: signer.keyId,
    sig: (await signer.sign(preAuthEncoding(payloadType, payload))).toBase64(),
  }];
  return { payload: payload.toBase64(), payloadType, signatures };
}
