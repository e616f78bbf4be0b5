/**
 * The statements under way, in the order in which they were sent. The server responds in that order, and says
 * of each group of joined ones, or of each statement alone, when it is done (ReadyForQuery). If one of a group
 * fails, it skips the others.
 *
 * Source: PostgreSQL documentation, "55.2.3 Extended Query".
 */
import { BACKEND, type ContentReader, PostgresError } from "./backend_messages.ts";
import type { Operation } from "./operation.ts";
import type { PreparedStatements } from "./prepared_statements.ts";

/** The SQLSTATE by which the server refuses what follows a failure. */
const SKIPPED = "25P02";

/** The messages that end a statement which is joined to the next. */
const ENDS: ReadonlySet<number> = new Set([BACKEND.commandComplete, BACKEND.emptyQueryResponse]);

/** Holds them until they are settled. */
export class OperationQueue {
  readonly #prepared: PreparedStatements;
  #operations: Operation[] = [];
  #isOpen = false;

  constructor(prepared: PreparedStatements) {
    this.#prepared = prepared;
  }

  /** The one that the server responds to at present. */
  get first(): Operation | undefined {
    return this.#operations[0];
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  /** Whether the one that was added last is joined to the next. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  add(operation: Operation): void {
    this.#isOpen = operation.joinsNext;
    this.#operations.push(operation);
  }

  /** The server's message about the first one, of that type. */
  take(type: number, content: ContentReader): void {
    const { first } = this;
    first?.take(type, content);
    if (first?.joinsNext && ENDS.has(type)) this.end();
  }

  /** The first one is over. */
  end(): void {
    this.#operations.shift()?.end();
  }

  /** The first one has failed, and those that are joined to it are skipped. */
  fail(error: PostgresError): void {
    for (let reason = error, first; (first = this.first) !== undefined;) {
      if (first.prepared?.isKnown === false) this.#prepared.forget(first.prepared);
      first.fail(reason);
      if (!first.joinsNext) return; // its end is said
      this.#operations.shift();
      reason = new PostgresError({ C: SKIPPED });
    }
  }

  /** All of them have failed, as the connection is lost. */
  failAll(error: unknown): void {
    for (const operation of this.#operations.splice(0)) operation.fail(error);
  }
}
