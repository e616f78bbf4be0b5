/** The memory of bodies that are still arriving: limited for all of them together. */

/** What all bodies may take. A trigger is seldom larger than a few kilobytes. */
const MAX_BYTES = 32 * 1024 * 1024;
/** What a body takes at first; then it is doubled as needed. */
const FIRST_BYTES = 4096;

/** Where bodies are collected. If they take too much, those that began first make room. */
export class BodyMemory {
  readonly #maxBytes: number;
  /** Those that are arriving, oldest first. */
  readonly #bodies = new Set<ArrivingBody>();

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** A place for a body. To be disposed of when the body is there, or not wanted any more. */
  collect(): ArrivingBody {
    const body = new ArrivingBody(this);
    this.#bodies.add(body);
    return body;
  }

  /** Called when a body takes more. */
  keepWithinLimit(): void {
    let bytes = 0;
    for (const { capacity } of this.#bodies) bytes += capacity;
    for (const body of this.#bodies) {
      if (bytes <= this.#maxBytes) return;
      bytes -= body.capacity;
      body.makeRoom();
    }
  }

  /** Called when a body takes nothing any more. */
  release(body: ArrivingBody): void {
    this.#bodies.delete(body);
  }
}

/** A body of which not everything is there. */
export class ArrivingBody implements Disposable {
  readonly #memory: BodyMemory;
  readonly #isGivenUp = new AbortController();
  #buffer = new Uint8Array(0);
  #size = 0;

  constructor(memory: BodyMemory) {
    this.#memory = memory;
  }

  /** Aborted when its memory is needed for others. */
  get signal(): AbortSignal {
    return this.#isGivenUp.signal;
  }

  /** How many bytes of memory it takes. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** What came so far. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#size);
  }

  /** Adds what came; nothing once the signal is aborted. */
  append(piece: Uint8Array): void {
    if (this.#size + piece.length > this.#buffer.length) this.#grow(this.#size + piece.length);
    if (this.signal.aborted) return;
    this.#buffer.set(piece, this.#size);
    this.#size += piece.length;
  }

  #grow(size: number): void {
    if (this.signal.aborted) return;
    const larger = new Uint8Array(Math.max(FIRST_BYTES, size, 2 * this.#buffer.length));
    larger.set(this.bytes);
    this.#buffer = larger;
    this.#memory.keepWithinLimit();
  }

  /** Gives it up for others. */
  makeRoom(): void {
    this[Symbol.dispose]();
    this.#isGivenUp.abort();
  }

  [Symbol.dispose](): void {
    this.#buffer = new Uint8Array(0);
    this.#size = 0;
    this.#memory.release(this);
  }
}
