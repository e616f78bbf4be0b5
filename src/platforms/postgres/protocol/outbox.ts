/** What is to be sent: the messages of one turn of the event loop go out together. */
import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import { joinBytes } from "../../../bytes.ts";

/** Sends messages over a socket. */
export class Outbox {
  readonly #socket: Socket;
  #messages: Uint8Array[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Sends messages, in their order, once the code that runs now has come to wait. */
  send(...messages: readonly Uint8Array[]): void {
    if (this.#messages.length === 0) setImmediate(() => this.#write());
    this.#messages.push(...messages);
  }

  #write(): void {
    const messages = this.#messages;
    this.#messages = [];
    if (!this.#socket.writable) return;
    const length = messages.reduce((sum, each) => sum + each.length, 0);
    this.#socket.write(messages.length === 1 ? messages[0]! : joinBytes(messages, length));
  }
}
