/** What the gateway remembers about operations and sessions between requests. */
import type { FaultAction } from "../control.ts";
import type { SessionHandle } from "../thrift/types.ts";

export type OperationFailure = Extract<FaultAction, { kind: "fail_operation" }>;
export type LostSession = Extract<FaultAction, { kind: "lose_session" }>;

/** An operation: what started it, and how it must end. */
export interface KnownOperation {
  readonly statement: string;
  readonly session: SessionHandle;
  readonly failure?: OperationFailure;
}

/** Kept as long as the gateway runs; handles are never used twice. */
export interface KnownHandles {
  readonly operations: Map<string, KnownOperation>;
  readonly lostSessions: Map<string, LostSession>;
}
