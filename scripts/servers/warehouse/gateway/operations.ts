/** What the gateway remembers of operations and sessions between requests. */
import type { FaultAction } from "../control.ts";
import type { SessionHandle } from "../thrift/types.ts";

export type OperationFailure = Extract<FaultAction, { kind: "fail_operation" }>;
export type LostSession = Extract<FaultAction, { kind: "lose_session" }>;

/** An operation by its handle: what started it, and how it is to end. */
export interface KnownOperation {
  readonly statement: string;
  readonly session: SessionHandle;
  readonly failure?: OperationFailure;
}

/** Lives as long as the gateway; handles are never used twice. */
export interface KnownHandles {
  readonly operations: Map<string, KnownOperation>;
  readonly lostSessions: Map<string, LostSession>;
}
