/** Responds to Thrift requests: applies the faults that match them, and passes them on to Spark. */
import type { CutManner } from "../control.ts";
import type { SparkSession } from "../spark/session.ts";
import type { FaultBook, Hit } from "./fault_book.ts";
import type { HttpResponse } from "./http_wire.ts";
import type { KnownHandles, LostSession } from "./operations.ts";
import type { OpenRecord } from "./records.ts";
import { pending, sessionNotInitialized } from "./replies.ts";
import type { SparkBackend } from "./spark_backend.ts";
import { operationKey, readCall, sessionKey, type ThriftCall } from "./thrift_call.ts";

/** What the client gets: a response, the end of the connection, or one after the other. */
export type Outcome =
  | { readonly response: HttpResponse; readonly hangUp?: boolean }
  | { readonly cut: CutManner };

export class ThriftDoor {
  constructor(
    private readonly spark: SparkBackend,
    private readonly known: KnownHandles,
    private readonly faults: FaultBook,
    private readonly openSparkSession: () => Promise<SparkSession>,
  ) {}

  async respond(message: Uint8Array, record: OpenRecord): Promise<Outcome> {
    const call = readCall(message);
    this.describe(call, record);
    const hits = this.faults.take(call.envelope.method, record.statement);
    record.faults = hits.map((hit) => hit.id);
    for (const hit of hits) {
      const outcome = await this.applyBefore(hit, call);
      if (outcome) return outcome;
    }
    const lost = this.lostSession(call);
    if (lost && lost.wording !== "spark") {
      return lostSessionResponse(lost, call, this.session(call));
    }
    const failure = hits.map((hit) => hit.action).find((action) =>
      action.kind === "fail_operation"
    );
    const instead = hits.map((hit) => hit.action).find((action) => action.kind === "run_instead");
    const reply = await this.spark.forward(call, failure, instead?.statement);
    for (const hit of hits) {
      const outcome = await this.applyAfter(hit, call, reply);
      if (outcome) return outcome;
    }
    const hangUp = hits.some(({ action }) => action.kind === "hang_up");
    return { ...thriftResponse(reply), hangUp };
  }

  private describe(call: ThriftCall, record: OpenRecord): void {
    record.method = call.envelope.method;
    const operation = call.operation && operationKey(call.operation);
    record.operation = operation;
    const session = this.session(call);
    if (session) record.session = sessionKey(session);
    if (call.openSession?.configuration) record.configuration = call.openSession.configuration;
    record.statement = call.execute?.statement ??
      (operation && this.known.operations.get(operation)?.statement);
    if (call.execute?.parameters && call.execute.parameters.length > 0) {
      record.parameters = call.execute.parameters.map(({ name, type, value }) => ({
        name: name ?? null,
        type: type ?? null,
        value: value?.stringValue ?? null,
      }));
    }
  }

  private session(call: ThriftCall) {
    if (call.session) return call.session;
    return call.operation && this.known.operations.get(operationKey(call.operation))?.session;
  }

  private lostSession(call: ThriftCall): LostSession | undefined {
    const session = this.session(call);
    return session && this.known.lostSessions.get(sessionKey(session));
  }

  private async applyBefore(hit: Hit, call: ThriftCall): Promise<Outcome | undefined> {
    const { action } = hit;
    switch (action.kind) {
      case "respond":
        return { response: httpError(action) };
      case "cut":
        return action.moment === "before" ? { cut: action.manner } : undefined;
      case "delay":
        await new Promise((resolve) => setTimeout(resolve, action.delayMs));
        return;
      case "hold":
      case "run_sql":
        if (action.moment === "before") await this.meanwhile(hit);
        return;
      case "keep_pending":
        return thriftResponse(pending(call.envelope));
      case "session_not_ready": {
        const session = this.session(call);
        return session && thriftResponse(sessionNotInitialized(call.envelope, session));
      }
      case "lose_session": {
        const session = this.session(call);
        if (!session) return;
        await this.spark.dropSession(session);
        this.known.lostSessions.set(sessionKey(session), action);
        return;
      }
      case "fail_operation":
      case "run_instead":
      case "hang_up":
        return;
    }
  }

  private async applyAfter(
    hit: Hit,
    call: ThriftCall,
    reply: Uint8Array,
  ): Promise<Outcome | undefined> {
    const { action } = hit;
    if (!("moment" in action) || action.moment !== "after") return;
    if (call.execute) await this.spark.settled(reply);
    if (action.kind === "cut") return { cut: action.manner };
    await this.meanwhile(hit);
  }

  /** What happens while the request waits. */
  private async meanwhile({ action, released, holding }: Hit): Promise<void> {
    if (action.kind === "hold") {
      holding(true);
      await released;
      holding(false);
    } else if (action.kind === "run_sql") {
      await using session = await this.openSparkSession();
      for (const statement of action.statements) await session.run(statement);
    }
  }
}

function thriftResponse(body: Uint8Array): { response: HttpResponse } {
  return { response: { status: 200, headers: { "content-type": "application/x-thrift" }, body } };
}

/** An error as Databricks sends it: the reason in a header, and JSON as the body. */
export function httpError(
  error: { status: number; retryAfterSeconds?: number; reason?: string },
): HttpResponse {
  const reason = error.reason ?? "";
  return {
    status: error.status,
    headers: {
      "content-type": "application/json",
      ...(reason === "" ? {} : { "x-thriftserver-error-message": reason }),
      ...(error.retryAfterSeconds === undefined
        ? {}
        : { "retry-after": String(error.retryAfterSeconds) }),
    },
    body: new TextEncoder().encode(JSON.stringify({ message: reason })),
  };
}

function lostSessionResponse(
  lost: LostSession,
  call: ThriftCall,
  session: ReturnType<ThriftDoor["session"]>,
): Outcome {
  if (lost.wording === "not_found" || !session) {
    const reason = "RESOURCE_DOES_NOT_EXIST: no such session";
    return { response: httpError({ status: 404, reason }) };
  }
  return thriftResponse(sessionNotInitialized(call.envelope, session));
}
