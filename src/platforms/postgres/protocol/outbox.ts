/** What is to be sent: the messages of one turn of the event loop go out together. */
import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import type { Encoding } from "../../../bytes.ts";
import { Buffers } from "./buffers.ts";

/** A message, or how it is made where it is sent from. */
export type Message = Uint8Array | Encoding;

/** Sends messages over a socket. */
export class Outbox {
  readonly #socket: Socket;
  /** Where messages are put, and what else the connection needs buffers for. */
  readonly buffers = new Buffers();
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Sends messages, in their order, once the code that runs now has come to wait. They are copied before
   * this returns.
   */
  send(...messages: readonly Message[]): void {
    for (const message of messages) {
      const at = this.#used;
      const buffer = this.#withRoom(message.length);
      if (message instanceof Uint8Array) buffer.set(message, at);
      else message.encode(buffer, at);
    }
  }

  /** The buffer, in which that many more bytes are used from now on. */
  #withRoom(length: number): Uint8Array {
    const buffer = this.#buffer;
    if (buffer === undefined) setImmediate(() => this.#write());
    const used = this.#used;
    this.#used += length;
    if (buffer !== undefined && this.#used <= buffer.length) return buffer;
    const larger = this.buffers.take(Math.max(this.#used, 2 * used));
    if (buffer !== undefined) {
      larger.set(buffer.subarray(0, used));
      this.buffers.give(buffer);
    }
    this.#buffer = larger;
    return larger;
  }

  #write(): void {
    const buffer = this.#buffer!;
    const content = buffer.subarray(0, this.#used);
    this.#buffer = undefined;
    this.#used = 0;
    if (!this.#socket.writable) return;
    this.#socket.write(content, (error) => {
      if (error == null) this.buffers.give(buffer);
    });
  }
}
