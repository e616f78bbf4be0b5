/**
 * From what a socket gives to the server's messages, which may begin and end anywhere in it.
 *
 * Source: PostgreSQL documentation, "55.7 Message Formats": a message is its type (one byte), its length
 * with that of the length (four bytes), and its content.
 */
import { ByteGatherer, readInt32 } from "../../../bytes.ts";
import { notTheProtocol } from "./connection_fault.ts";

/** The bytes of type and length. */
const HEADER_BYTES = 5;
/** No message until the server has let this program in is as long. */
const MAX_BYTES_AT_FIRST = 64 * 1024;

/** Takes a message of that type, whose content is in `bytes` from `start` up to `end`. */
type Take = (type: number, bytes: Uint8Array, start: number, end: number) => void;

/** Gathers bytes to whole messages. */
export class MessageReader {
  /** The beginning of a message, until the rest of it comes, and how much makes it one. */
  readonly #begun = new ByteGatherer(HEADER_BYTES);
  #needed = HEADER_BYTES;
  #maxBytes = MAX_BYTES_AT_FIRST;

  /** From now on a message may be of any length. */
  allowAnyLength(): void {
    this.#maxBytes = Infinity;
  }

  /**
   * Calls `take` with the type of each message that is whole now, the bytes that it is in, and where in
   * them its content begins and ends. The bytes are valid for as long as the caller holds them. Throws a
   * `ConnectionFault`, and what `take` throws.
   */
  read({ buffer, byteOffset, length }: Uint8Array, take: Take): void {
    // not as the Buffer that it is, whose own indexOf and subarray take several times as long
    const piece = new Uint8Array(buffer, byteOffset, length);
    let at = 0;
    // only the message that began before is put together: the others are read where they are
    while (this.#begun.held > 0) {
      const end = Math.min(piece.length, at + this.#needed - this.#begun.held);
      const bytes = this.#begun.add(piece.subarray(at, end));
      if (bytes === undefined) return;
      at = end;
      this.#keep(bytes, this.#takeAll(bytes, 0, take));
    }
    this.#keep(piece, this.#takeAll(piece, at, take));
  }

  /** Takes the messages that begin at `at`, and after. Gives where those end that are whole. */
  #takeAll(bytes: Uint8Array, at: number, take: Take): number {
    this.#needed = HEADER_BYTES;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = 1 + readInt32(bytes, at + 1);
      if (length < HEADER_BYTES || length > this.#maxBytes) throw notTheProtocol();
      this.#needed = length;
      if (bytes.length - at < length) break;
      take(bytes[at]!, bytes, at + HEADER_BYTES, at + length);
      at += length;
      this.#needed = HEADER_BYTES;
    }
    return at;
  }

  #keep(bytes: Uint8Array, at: number): void {
    this.#begun.keep(bytes, at, this.#needed);
  }
}
