/**
 * Checks receipts: each by its signature, and those of runs as links of their chain.
 *
 * Source: DSSE v1.0.2, "protocol.md"; in-toto Attestation Framework v1, "statement.md".
 */
import { z } from "zod";
import { preAuthEncoding } from "./dsse.ts";
import { STATEMENT_TYPE } from "./statement.ts";

const envelopeSchema = z.object({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.object({ keyid: z.string().optional(), sig: z.string() })),
});

const statementSchema = z.object({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.object({ name: z.string() })).length(1),
  predicateType: z.string(),
  predicate: z.object({
    run_id: z.string().optional(),
    verification_id: z.string().optional(),
    state: z.string().optional(),
    verdict: z.string().optional(),
    chain: z.object({ sequence: z.int().min(1), previous_sha256: z.string().nullable() })
      .optional(),
  }),
});

/** What a receipt says, as far as it is shown and checked. */
export interface CheckedReceipt {
  /** Undefined if it is not even a statement. */
  readonly dataset: string | undefined;
  /** `run` or `verification` with its id. */
  readonly about: string | undefined;
  /** What came of it: a run's state, or the verdict. */
  readonly outcome: string | undefined;
  /** Its number in the chain; undefined for one that is in none. */
  readonly sequence: number | undefined;
  /** Why it is not to be trusted; undefined if it is. */
  readonly fault: string | undefined;
}

interface Read extends CheckedReceipt {
  readonly sha256?: string;
  readonly previous?: string | null;
}

/** Checks each text, a receipt as it was sent, and how those of runs follow each other. */
export async function verifyReceipts(
  texts: readonly string[],
  key: CryptoKey,
): Promise<readonly CheckedReceipt[]> {
  const receipts = await Promise.all(texts.map((text) => verifyOne(text, key)));
  const signed: Read[] = [];
  return receipts
    .toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
    .map((receipt) => {
      const { sha256: _, previous: __, ...checked } = receipt;
      const fault = checked.fault ?? chainFault(receipt, signed);
      // one that follows a gap is signed all the same: the gap is reported once
      if (receipt.sequence !== undefined && checked.fault === undefined) signed.push(receipt);
      return { ...checked, fault };
    });
}

/**
 * Why a receipt follows none of those with lower numbers. A chain begins with number 1, each history having
 * its own; and the lowest number of all may be that of a chain's later part.
 */
function chainFault(
  { sequence, previous }: Read,
  signed: readonly Read[],
): string | undefined {
  if (sequence === undefined) return undefined;
  if (sequence === 1) {
    return previous === null ? undefined : "it is the first one, and names another";
  }
  if (previous === null) return "it names no receipt before it";
  if (signed.length === 0) return undefined;
  if (signed.some((each) => each.sequence === sequence && each.previous === previous)) {
    return "another receipt has its place";
  }
  const before = signed.filter((each) => each.sequence === sequence - 1);
  if (before.length === 0) return `the receipt before it, number ${sequence - 1}, is missing`;
  return before.some(({ sha256 }) => sha256 === previous)
    ? undefined
    : "the receipt before it is another one";
}

async function verifyOne(text: string, key: CryptoKey): Promise<Read> {
  const unknown = { dataset: undefined, about: undefined, outcome: undefined, sequence: undefined };
  const envelope = envelopeSchema.safeParse(parsed(text));
  if (!envelope.success) return { ...unknown, fault: "it is no envelope (DSSE)" };
  const { payload, payloadType, signatures } = envelope.data;
  const bytes = fromBase64(payload);
  if (bytes === undefined) return { ...unknown, fault: "its payload is not base64" };
  const signed = preAuthEncoding(payloadType, bytes) as Uint8Array<ArrayBuffer>;
  let isSigned = false;
  for (const { sig } of signatures) {
    const signature = fromBase64(sig);
    isSigned ||= signature !== undefined &&
      await crypto.subtle.verify("Ed25519", key, signature, signed);
  }
  const fault = signatures.length === 0
    ? "it is not signed"
    : isSigned
    ? undefined
    : "its signature is not one of this key";
  const statement = statementSchema.safeParse(parsed(new TextDecoder().decode(bytes)));
  if (payloadType !== STATEMENT_TYPE || !statement.success) {
    return { ...unknown, fault: fault ?? "it holds no statement (in-toto)" };
  }
  const { subject: [subject], predicate } = statement.data;
  const { run_id, verification_id, state, verdict, chain } = predicate;
  const about = run_id !== undefined
    ? `run ${run_id}`
    : verification_id && `verification ${verification_id}`;
  return {
    dataset: subject!.name,
    about,
    outcome: state ?? verdict,
    sequence: chain?.sequence,
    previous: chain?.previous_sha256 ?? null,
    sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex(),
    fault,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}
