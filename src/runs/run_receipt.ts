/**
 * What the receipt of a run says: the predicate of its statement. It is published, hence the names in
 * snake_case, and holds what the run's own document holds, so no value of a table.
 */
import type { Report } from "../action/trigger.ts";
import { isFinal, type Run } from "./run.ts";

/** What makes a receipt's statement one of a run: see docs/receipts.md. */
export const RUN_TYPE = "urn:tokenize-action:run:v1";

/** Which program says it. */
export interface ProgramIdentity {
  readonly name: string;
  readonly version: string;
  readonly commit: string;
  /** Of the binary, in hexadecimal; null if the program runs from source. */
  readonly sha256: string | null;
}

/** Which SDK made the tokens, with which key. */
export interface TokenMaker {
  /** As in `TOKEN_SDK_MODE`. */
  readonly sdk: string;
  /** Null if the SDK has no keys. */
  readonly key_id: string | null;
}

/** A place in the chain of receipts. */
export interface ChainLink {
  /** 1 for the first receipt of a history, and one more for each. */
  readonly sequence: number;
  /** The SHA-256 of the payload of the receipt before, in hexadecimal; null for the first one. */
  readonly previous_sha256: string | null;
}

/** The predicate. */
export interface RunPredicate extends
  Pick<
    Run,
    | "run_id"
    | "state"
    | "platform"
    | "table"
    | "columns"
    | "operation"
    | "dry_run"
    | "cause"
    | "created_at"
    | "started_at"
    | "finished_at"
  > {
  /** What was done; null unless the run succeeded. */
  readonly report: Report | null;
  /** Why it did not succeed; null if it did. */
  readonly problem: { readonly code: string; readonly detail: string } | null;
  /** Null unless the run succeeded, and if another program makes its receipt, as after a crash. */
  readonly token: TokenMaker | null;
  readonly program: ProgramIdentity;
  readonly chain: ChainLink;
}

/** The predicate of a run that has ended; undefined while it has not. */
export function predicateOf(
  run: Run,
  { token, program, chain }: Pick<RunPredicate, "token" | "program" | "chain">,
): RunPredicate | undefined {
  if (!isFinal(run.state)) return undefined;
  const { run_id, state, platform, table, columns, operation, dry_run, cause } = run;
  const { created_at, started_at, finished_at, report, problem } = run;
  return {
    run_id,
    state,
    platform,
    table,
    columns,
    operation,
    dry_run,
    cause,
    created_at,
    started_at,
    finished_at,
    report,
    problem: problem && { code: problem.code, detail: problem.detail },
    token,
    program,
    chain,
  };
}
