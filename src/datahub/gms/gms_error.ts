/** Why DataHub did not do what it was asked to. */

/**
 * The kinds of failure, by what helps: waiting (`unreachable`, `busy`, `server_error`), a token
 * (`unauthorized`), a privilege (`forbidden`), another version or address (`not_found`, `unexpected`).
 */
const GMS_FAULTS = [
  "unreachable",
  "unauthorized",
  "forbidden",
  "not_found",
  "busy",
  "server_error",
  "unexpected",
] as const;

/** A kind of failure. */
export type GmsFault = (typeof GMS_FAULTS)[number];

const TRANSIENT: readonly GmsFault[] = ["unreachable", "busy", "server_error"];

/**
 * A request to DataHub that failed. The message reads "Cannot ask DataHub: <reason>". It contains nothing
 * of what DataHub responded, which may contain anything.
 */
export class GmsError extends Error {
  override readonly name = "GmsError";

  /** `reason` is a part of the sentence; `retryAfterSeconds` is what DataHub asked to wait. */
  constructor(
    readonly fault: GmsFault,
    readonly reason: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(`Cannot ask DataHub: ${reason}`);
  }

  /** Whether the same request may succeed later although nobody changed anything. */
  get isTransient(): boolean {
    return TRANSIENT.includes(this.fault);
  }
}
