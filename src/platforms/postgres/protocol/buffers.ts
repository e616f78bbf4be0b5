/**
 * Buffers that are used again. What is allocated outside of the heap counts for the garbage collector: if
 * each piece that comes or goes had a buffer of its own, it would collect the whole heap for every few
 * thousand rows.
 */

/** How many are kept, and the most bytes of one. */
const MAX_KEPT = 6;
const MAX_KEPT_BYTES = 512 * 1024;
/** The fewest bytes of one: enough for most statements. */
const MIN_BYTES = 8 * 1024;

/** The buffers of one connection. */
export class Buffers {
  #kept: Uint8Array<ArrayBuffer>[] = [];

  /** One with room for `length` bytes or more. It may hold what it was used for before. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const place = this.#kept.findIndex((each) => each.length >= length);
    const kept = place < 0 ? [] : this.#kept.splice(place, 1);
    return kept[0] ?? new Uint8Array(Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(length))));
  }

  /** Gives one back, of which nothing is needed any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer.length > MAX_KEPT_BYTES) return;
    if (this.#kept.length === MAX_KEPT) this.#kept.shift(); // for one that has proved to be large enough
    this.#kept.push(buffer);
  }

  /** Keeps none any longer but the smallest. */
  clear(): void {
    this.#kept = this.#kept.filter(({ length }) => length === MIN_BYTES);
  }
}
