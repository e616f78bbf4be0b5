/**
 * What a verification found. This is the published document, hence the names in snake_case: the command
 * line prints it as it is, and a receipt contains it.
 */
import type { Finding, FindingState } from "../platforms/inspection.ts";
import type { Checked } from "./judge.ts";
import type { Scope, TokenSdkName } from "./token_form.ts";

/** What makes a receipt's statement one of a verification: see docs/verify.md. */
export const VERIFICATION_TYPE = "urn:tokenize-action:verification:v1";

/** Tokens of one kind. */
export interface TokenCount {
  readonly sdk: TokenSdkName;
  /** The key's id, or the version of Vault's key; null if the SDK has no keys, or of more kinds than are listed. */
  readonly key_id: string | null;
  readonly scope: Scope | null;
  /** Whether each was opened with its key, or known by its form alone. */
  readonly checked: Checked;
  readonly count: number;
}

/** The counts of a column. Together they are all rows. */
export interface ColumnCounts {
  readonly name: string;
  readonly nulls: number;
  /** Tokens of known keys. */
  readonly tokens: readonly TokenCount[];
  /** Tokens of other keys, and of other SDKs. */
  readonly foreign: readonly TokenCount[];
  /** In the form of a token of a known key, but not authentic in this place. */
  readonly lookalikes: number;
  /** Texts that are no token. */
  readonly plain: number;
}

/** What was found about one dataset. */
export interface Verification {
  readonly verification_id: string;
  readonly dataset_urn: string;
  readonly platform: string;
  readonly table: string;
  /** The worst of the checks. */
  readonly verdict: FindingState;
  /** RFC 3339, UTC: when reading began. */
  readonly verified_at: string;
  /** Which state of the table was read, if the database has a name for it. */
  readonly snapshot: string | null;
  /** Null if the rows were not read. */
  readonly rows: number | null;
  /** Without counts if the rows were not read: then empty. */
  readonly columns: readonly ColumnCounts[];
  readonly checks: readonly Finding[];
  /** What no check speaks of. */
  readonly not_covered: readonly string[];
  readonly elapsed_ms: number;
}

/** The worst of the states. */
export function worst(findings: readonly Pick<Finding, "state">[]): FindingState {
  const states = findings.map(({ state }) => state);
  if (states.includes("not_clean")) return "not_clean";
  // without a single check nothing is known
  return states.includes("could_not_tell") || states.length === 0 ? "could_not_tell" : "clean";
}
