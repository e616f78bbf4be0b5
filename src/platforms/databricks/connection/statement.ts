/** A statement that was sent to the warehouse: waits for its end, and reads its rows. */
import { delay, settleWithin } from "../../../async.ts";
import { ServiceError } from "../../../errors.ts";
import { CLOSE_TIMEOUT_MS, type RequestContext, type Requests } from "./retry_request.ts";
import type { Operation, OperationStatus } from "./driver.ts";
import { fromStatement } from "./statement_errors.ts";

/** A row of any result, by column name. */
export type AnyRow = Readonly<Record<string, unknown>>;

const FIRST_POLL_MS = 25;
const LAST_POLL_MS = 500;
const QUERY_CHUNK_ROWS = 10_000;

/** Thrift's `TOperationState`. */
const STATE = {
  initialized: 0,
  running: 1,
  finished: 2,
  canceled: 3,
  closed: 4,
  error: 5,
  pending: 7,
  timedOut: 8,
} as const;

/** A statement under way. Its methods throw what `Requests.send` throws. */
export class Statement {
  readonly #action: string;
  readonly #operation: Operation;
  readonly #requests: Requests;
  readonly #context: Omit<RequestContext, "authorization">;

  /** `action` says what it is for, as in "Cannot <action>". */
  constructor(
    action: string,
    operation: Operation,
    requests: Requests,
    context: Omit<RequestContext, "authorization">,
  ) {
    this.#action = action;
    this.#operation = operation;
    this.#requests = requests;
    this.#context = context;
  }

  /** Waits until it has ended. If the wait fails or is aborted, the statement is cancelled. */
  async finish(): Promise<void> {
    const { wait, signal } = this.#context;
    let hasEnded = false;
    try {
      for (let delayMs = FIRST_POLL_MS;; delayMs = Math.min(LAST_POLL_MS, delayMs * 1.5)) {
        const status = await this.#requests.send(
          this.#action,
          { repeatable: true },
          () => this.#operation.status(false),
        );
        hasEnded = !isUnderWay(status);
        if (hasEnded) return this.#conclude(status);
        if (status.operationState === STATE.running) wait.onRunning();
        else wait.checkStartDeadline(this.#action);
        await delay(delayMs, signal);
      }
    } catch (error) {
      if (!hasEnded) await settleWithin(CLOSE_TIMEOUT_MS, this.#operation.cancel());
      throw error;
    }
  }

  /** Its rows, in chunks of as many as `chunkRows` says. `Row` is what the statement returns. */
  async *chunks<Row extends object>(chunkRows: () => number): AsyncGenerator<Row[], void> {
    try {
      do {
        const chunk = await this.#requests.send(
          this.#action,
          { repeatable: false },
          // one request each: of several, the rows that came would be lost if a later one fails
          () => this.#operation.fetchChunk({ maxRows: chunkRows(), disableBuffering: true }),
        );
        yield chunk as Row[];
      } while (
        await this.#requests.send(
          this.#action,
          { repeatable: true },
          () => this.#operation.hasMoreRows(),
        )
      );
    } finally {
      // not awaited: it only frees what the warehouse keeps, and so does closing the session
      this.#operation.close().catch(() => {});
    }
  }

  /** All of its rows. */
  async rows<Row extends object>(): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const chunk of this.chunks<Row>(() => QUERY_CHUNK_ROWS)) rows.push(...chunk);
    return rows;
  }

  #conclude(status: OperationStatus): void {
    const action = this.#action;
    this.#context.wait.onRunning();
    switch (status.operationState) {
      case STATE.finished:
        return;
      case STATE.timedOut:
        throw new ServiceError(
          "timeout",
          `Cannot ${action}: the warehouse ended the statement, as its STATEMENT_TIMEOUT asks`,
        );
      case STATE.canceled:
      case STATE.closed:
        this.#context.signal.throwIfAborted();
        throw new ServiceError(
          "database_error",
          `Cannot ${action}: the statement was cancelled on the warehouse`,
          { cause: "CANCELED" },
        );
      default:
        throw fromStatement(
          action,
          status.errorMessage ?? status.displayMessage,
          status.sqlState,
        );
    }
  }
}

function isUnderWay({ operationState }: OperationStatus): boolean {
  return operationState === STATE.initialized || operationState === STATE.pending ||
    operationState === STATE.running;
}
