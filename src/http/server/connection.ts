/** One connection of a caller: request after request, each answered before the next is read. */
import { ByteReader } from "./byte_reader.ts";
import { HttpFault } from "./http_fault.ts";
import { makeRequest } from "./request.ts";
import { RequestBody } from "./request_body.ts";
import { readHead, type RequestHead } from "./request_head.ts";
import { continueBytes, faultBytes, isEventStream, responseBytes } from "./response_bytes.ts";
import { TimeLimits } from "./time_limits.ts";

/** How long what a caller still sends is dropped, so that the response is not lost with it. */
const LINGER_MS = 1000;

/** What a connection belongs to. */
export interface ConnectionOwner {
  /** Makes the response. Never rejects. */
  answer(request: Request): Promise<Response>;
  /** Called when the connection begins and ceases to wait for bytes of its caller. */
  waits(connection: Connection, isWaiting: boolean): void;
  /** How long a caller may take for a request's head, and to send or take anything, once begun. */
  readonly silenceTimeoutMs: number;
  /** Whether connections are to end with the response under way. */
  readonly isStopping: boolean;
}

/** A caller's connection. */
export class Connection {
  readonly #conn: Deno.TcpConn;
  readonly #owner: ConnectionOwner;
  readonly #reader: ByteReader;
  /** What takes longer than its limit fails, since the connection is closed then. */
  readonly #limits = new TimeLimits(() => this.close());
  /** Whether nothing of a request has come yet. */
  #isIdle = true;
  #hasServed = false;

  constructor(conn: Deno.TcpConn, owner: ConnectionOwner) {
    this.#conn = conn;
    this.#owner = owner;
    this.#reader = new ByteReader({ read: (buffer) => this.#read(buffer) });
    conn.setNoDelay(true);
  }

  /** Whether nothing is lost if it is closed. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** Whether a request of it was answered. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** Answers requests until one of the two sides ends it. Never rejects. */
  async serve(): Promise<void> {
    try {
      while (await this.#exchange());
    } catch {
      // it is gone, or was closed for its silence
    } finally {
      this.close();
    }
  }

  /** Ends it at once. */
  close(): void {
    this.#limits.close();
    try {
      this.#conn.close();
    } catch {
      // it is closed
    }
  }

  /** One request and its response. Whether another one may follow. */
  async #exchange(): Promise<boolean> {
    this.#isIdle = true;
    try {
      const head = await this.#limits.within(this.#owner.silenceTimeoutMs, readHead(this.#reader));
      if (head === undefined) return false;
      this.#isIdle = false;
      return await this.#respond(head);
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      await this.#send(faultBytes(error.status));
      await this.#linger();
      return false;
    }
  }

  async #respond(head: RequestHead): Promise<boolean> {
    const expects = head.headers.get("expect")?.toLowerCase();
    if (expects !== undefined && expects !== "100-continue") {
      throw new HttpFault(417, "it expects something that there is not");
    }
    const isAsked = expects !== undefined && head.isCurrent;
    const body = new RequestBody(this.#reader, head.framing, async () => {
      if (isAsked) await this.#send(continueBytes());
    });
    const response = await this.#owner.answer(makeRequest(head, body.stream));
    const isStream = isEventStream(response);
    const endless = isStream && !head.isCurrent;
    const goesOn = head.keepsAlive && body.isRead && !endless && !this.#owner.isStopping;
    const keepAliveSeconds = goesOn ? Math.floor(this.#owner.silenceTimeoutMs / 1000) : undefined;
    try {
      for await (const bytes of responseBytes(response, { request: head, keepAliveSeconds })) {
        await this.#send(bytes);
        this.#hasServed = true;
        // a stream of events may go on for hours, so it makes room where there is too little
        if (isStream) this.#owner.waits(this, true);
      }
    } finally {
      if (isStream) this.#owner.waits(this, false);
    }
    if (!goesOn) await this.#linger();
    return goesOn;
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    this.#owner.waits(this, true);
    try {
      const size = await this.#limits.within(this.#owner.silenceTimeoutMs, this.#conn.read(buffer));
      this.#isIdle = false;
      return size;
    } finally {
      this.#owner.waits(this, false);
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#limits.within(
        this.#owner.silenceTimeoutMs,
        this.#conn.write(bytes.subarray(sent)),
      );
    }
  }

  /** Closing while there are bytes to read would take the response back from the caller. */
  async #linger(): Promise<void> {
    await this.#conn.closeWrite();
    await this.#limits.within(LINGER_MS, this.#drop());
  }

  async #drop(): Promise<void> {
    while (await this.#reader.next() !== undefined);
  }
}
