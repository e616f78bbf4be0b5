/** A connection's bytes in pieces, of which what was not used can be put back. */

/** Where the bytes come from; `Deno.Conn` is one. */
export interface ByteSource {
  /** Reads into `buffer`. Gives the number of bytes, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** How much is read at once: what a connection that says nothing costs in memory. */
const PIECE_BYTES = 4096;
/** How much while more is there than that. */
const LARGE_PIECE_BYTES = 4 * PIECE_BYTES;

/** Reads a source. */
export class ByteReader {
  readonly #source: ByteSource;
  #held = new Uint8Array(0);
  #pieceBytes = PIECE_BYTES;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The next bytes, at least one, the caller's to keep; undefined at the end. Throws what the source throws. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#held.length > 0) {
      const held = this.#held;
      this.#held = new Uint8Array(0);
      return held;
    }
    const buffer = new Uint8Array(this.#pieceBytes);
    const size = await this.#source.read(buffer);
    this.#pieceBytes = size === buffer.length ? LARGE_PIECE_BYTES : PIECE_BYTES;
    return size === null ? undefined : buffer.subarray(0, size);
  }

  /** Puts back what came last. */
  unread(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > 0) this.#held = bytes;
  }
}
