/** What a COPY TO STDOUT gives, held back from a reader that is slower than the server. */

import type { Buffers } from "./buffers.ts";

/** How many bytes may wait for the reader before the socket is no longer read. */
const HIGH_WATER_BYTES = 256 * 1024;

/** Where the pieces come from: it is paused while too much waits for the reader. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

/** A piece of the content: the first bytes of a buffer. */
export interface CopyPiece {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly length: number;
}

/** The content of a COPY, in pieces of any size. One reader takes them once. */
export class CopyStream {
  /** Where the buffers of the pieces come from, and are given back to. */
  readonly buffers: Buffers;
  readonly #source: Source;
  #pieces: CopyPiece[] = [];
  #bytes = 0;
  #isHeld = false;
  #isAbandoned = false;
  #end: { readonly failure: unknown } | undefined;
  #wake = () => {};

  constructor(source: Source, buffers: Buffers) {
    this.#source = source;
    this.buffers = buffers;
  }

  /** Takes a piece from the server. */
  push(piece: CopyPiece): void {
    if (this.#isAbandoned) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= HIGH_WATER_BYTES) this.#hold(true);
    this.#wake();
  }

  /** There is no more: the COPY is complete, or has failed with `failure`. */
  end(failure?: unknown): void {
    this.#end ??= { failure };
    this.#wake();
  }

  /** Gives the pieces, each of which is valid until the next is asked for. Throws what `end` was called with. */
  async *read(): AsyncGenerator<Uint8Array, void> {
    try {
      while (true) {
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#bytes = 0;
        this.#hold(false);
        for (const { buffer, length } of pieces) {
          yield buffer.subarray(0, length);
          this.buffers.give(buffer);
        }
        if (pieces.length > 0) continue;
        if (this.#end === undefined) await new Promise<void>((resolve) => this.#wake = resolve);
        else if (this.#end.failure === undefined) return;
        else throw this.#end.failure;
      }
    } finally {
      this.#isAbandoned = true; // what still comes is read and dropped
      this.#hold(false);
    }
  }

  #hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#source.pause();
    else this.#source.resume();
  }
}
