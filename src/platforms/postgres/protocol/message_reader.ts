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

/** Gathers bytes to whole messages. */
export class MessageReader {
  readonly #gatherer = new ByteGatherer(HEADER_BYTES);
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
  read(
    piece: Uint8Array,
    take: (type: number, bytes: Uint8Array, start: number, end: number) => void,
  ): void {
    const bytes = this.#gatherer.add(piece);
    if (bytes === undefined) return;
    let at = 0;
    let needed = HEADER_BYTES;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = 1 + readInt32(bytes, at + 1);
      if (length < HEADER_BYTES || length > this.#maxBytes) throw notTheProtocol();
      needed = length;
      if (bytes.length - at < length) break;
      take(bytes[at]!, bytes, at + HEADER_BYTES, at + length);
      at += length;
      needed = HEADER_BYTES;
    }
    this.#gatherer.keep(bytes, at, needed);
  }
}
