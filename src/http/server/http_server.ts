/**
 * An HTTP/1.1 server for few callers who are not all friends. The runtime's own has no limit for
 * connections, nor for how long they may say nothing, ends where no file descriptor is left for a
 * further one, and takes requests that a proxy may understand in another way.
 */
import { delay } from "../../async.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { faultBytes } from "./response_bytes.ts";

/**
 * The most connections at once: enough for a thousand streams of events. Where the process has fewer file
 * descriptors, the limit is lowered so that some are left to the databases.
 */
const MAX_CONNECTIONS = 2048;
/** The least that the limit is lowered to. */
const MIN_CONNECTIONS = 16;
/** How many descriptors are left to others, where there are fewer than that. */
const RESERVED_DESCRIPTORS = 32;
/** How long a caller may say nothing. */
const SILENCE_TIMEOUT_MS = 10_000;
/** How long to wait after a failure to accept. */
const ACCEPT_PAUSE_MS = 50;
/** How long dropped connections are counted before they are reported. */
const REPORT_INTERVAL_MS = 5000;

/** What a server is made of. */
export interface HttpServerOptions {
  readonly listener: Deno.TcpListener;
  /** Makes the response. Is not to reject. */
  readonly answer: (request: Request) => Promise<Response>;
  /** How long a caller may take for a request's head, and to send or take anything, once begun. */
  readonly silenceTimeoutMs?: number;
  /** Called, every few seconds at most, with how many connections were dropped for others since. */
  readonly onDropped: (dropped: number) => void;
}

/** Serves from when it is made. */
export class HttpServer implements ConnectionOwner {
  readonly silenceTimeoutMs: number;
  readonly #answer: (request: Request) => Promise<Response>;
  readonly #listener: Deno.TcpListener;
  readonly #onDropped: (dropped: number) => void;
  readonly #open = new Set<Connection>();
  /** Those that wait for bytes of their callers, or stream events to them, the longest first. */
  readonly #waiting = new Set<Connection>();
  readonly #ended = Promise.withResolvers<void>();
  #limit = MAX_CONNECTIONS;
  #dropped = 0;
  #reporting: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;

  constructor(options: HttpServerOptions) {
    this.#listener = options.listener;
    this.#answer = options.answer;
    this.#onDropped = options.onDropped;
    this.silenceTimeoutMs = options.silenceTimeoutMs ?? SILENCE_TIMEOUT_MS;
    void this.#acceptAll();
  }

  async answer(request: Request): Promise<Response> {
    try {
      return await this.#answer(request);
    } catch (error) {
      reportError(error); // a defect: responses are made from errors, too
      return new Response(null, { status: 500 });
    }
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  waits(connection: Connection, isWaiting: boolean): void {
    if (isWaiting) this.#waiting.add(connection);
    else this.#waiting.delete(connection);
  }

  /** Takes no more connections and requests. Resolves when those under way are answered. */
  async shutdown(): Promise<void> {
    this.#isStopping = true;
    this.#listener.close();
    clearTimeout(this.#reporting);
    for (const connection of this.#open) if (connection.isIdle) connection.close();
    if (this.#open.size === 0) this.#ended.resolve();
    await this.#ended.promise;
  }

  async #acceptAll(): Promise<void> {
    while (!this.#isStopping) {
      try {
        this.#take(await this.#listener.accept());
      } catch (error) {
        if (this.#isStopping) return;
        if ((error as { code?: unknown }).code === "EMFILE") this.#lowerLimit();
        await delay(ACCEPT_PAUSE_MS);
      }
    }
  }

  /** The process has fewer file descriptors than was thought. */
  #lowerLimit(): void {
    const limit = Math.max(MIN_CONNECTIONS, this.#open.size - RESERVED_DESCRIPTORS);
    this.#limit = Math.min(this.#limit, limit);
    while (this.#open.size > this.#limit && this.#dropLongestWaiting());
  }

  #take(conn: Deno.TcpConn): void {
    if (this.#open.size >= this.#limit && !this.#dropLongestWaiting()) return this.#turnAway(conn);
    const connection = new Connection(conn, this);
    this.#open.add(connection);
    void connection.serve().then(() => {
      this.#open.delete(connection);
      if (this.#isStopping && this.#open.size === 0) this.#ended.resolve();
    });
  }

  /**
   * Closes the connection that has kept this server waiting for longest, one that never sent a request
   * before others. Whether there was one: who waits for a response keeps nobody waiting.
   */
  #dropLongestWaiting(): boolean {
    const [longest] = this.#waiting;
    const connection = this.#waiting.values().find(({ hasServed }) => !hasServed) ?? longest;
    if (connection === undefined) return false;
    this.#waiting.delete(connection);
    this.#open.delete(connection);
    connection.close();
    this.#countDropped();
    return true;
  }

  #turnAway(conn: Deno.TcpConn): void {
    this.#countDropped();
    void conn.write(faultBytes(503)).catch(() => {}).then(() => conn.close());
  }

  #countDropped(): void {
    this.#dropped++;
    this.#reporting ??= setTimeout(() => {
      this.#onDropped(this.#dropped);
      this.#dropped = 0;
      this.#reporting = undefined;
    }, REPORT_INTERVAL_MS);
  }
}
