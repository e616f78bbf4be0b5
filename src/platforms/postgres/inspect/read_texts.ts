/**
 * Reads all rows of a query as texts, by one COPY in the binary format.
 *
 * Source: PostgreSQL documentation, "COPY", "Binary Format": a header of a signature (11 bytes), flags
 * (4) and the length of an extension (4) with the extension; of each row the number of its fields (2), and
 * of each field its length (4, -1 for NULL) and its bytes; at the end -1 as the number of fields.
 */
import { ByteGatherer, viewOf } from "../../../bytes.ts";
import { ServiceError } from "../../../errors.ts";
import type { TextBatch } from "../../inspection.ts";
import type { Session } from "../connection/session.ts";

const SIGNATURE = "PGCOPY\n\xff\r\n\0";
const HEADER_BYTES = 19;
const BATCH_ROWS = 2000;
const BATCH_BYTES = 500_000;

/** Gives the rows of `query`, whose columns are texts. Throws as `Session.copyOut` does. */
export async function* readTexts(
  session: Session,
  action: string,
  query: string,
  columns: number,
): AsyncGenerator<TextBatch, void> {
  const reader = new RowReader(columns);
  for await (const piece of session.copyOut(action, `COPY (${query}) TO STDOUT (FORMAT binary)`)) {
    yield* reader.read(piece);
  }
  yield* reader.end();
}

/** Puts rows together from pieces, in which they may begin and end anywhere. */
class RowReader {
  /** Texts may be anything in a database without an encoding; what is no UTF-8 is no token. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #columns: number;
  readonly #gatherer = new ByteGatherer(HEADER_BYTES);
  /** Where what was read last would end if it were whole. */
  #needed = HEADER_BYTES;
  #isBeforeHeader = true;
  #hasEnded = false;
  #batch: (string | null)[][];
  #rows = 0;
  #bytes = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#batch = this.#newBatch();
  }

  *read(piece: Uint8Array): Generator<TextBatch, void> {
    const bytes = this.#gatherer.add(piece);
    if (bytes === undefined) return;
    const view = viewOf(bytes);
    let at = 0;
    if (this.#isBeforeHeader) {
      at = this.#headerEnd(bytes, view);
      if (at === 0) return this.#gatherer.keep(bytes, at, this.#needed);
      this.#isBeforeHeader = false;
    }
    for (let end = this.#rowEnd(view, at); end !== undefined; end = this.#rowEnd(view, at)) {
      if (!this.#hasEnded) this.#take(bytes, view, at + 2);
      at = end;
      if (this.#rows >= BATCH_ROWS || this.#bytes >= BATCH_BYTES) yield this.#full();
    }
    this.#gatherer.keep(bytes, at, this.#needed - at);
  }

  /** What is left when all was read. Throws `database_error` if the end is missing. */
  *end(): Generator<TextBatch, void> {
    if (!this.#hasEnded || this.#gatherer.held > 0) throw malformed();
    if (this.#rows > 0) yield this.#full();
  }

  #headerEnd(bytes: Uint8Array, view: DataView): number {
    for (let i = 0; i < SIGNATURE.length; i++) {
      if (bytes[i] !== SIGNATURE.charCodeAt(i)) throw malformed();
    }
    this.#needed = HEADER_BYTES + view.getUint32(HEADER_BYTES - 4);
    return bytes.length < this.#needed ? 0 : this.#needed;
  }

  /** Where the row at `at` ends; undefined if it is not complete. Sets how much is needed. */
  #rowEnd(view: DataView, at: number): number | undefined {
    this.#needed = at + 2;
    if (this.#hasEnded || view.byteLength < this.#needed) return undefined;
    const fields = view.getInt16(at);
    if (fields === -1) {
      this.#hasEnded = true;
      return at + 2;
    }
    if (fields !== this.#columns) throw malformed();
    let end = at + 2;
    for (let field = 0; field < fields; field++) {
      this.#needed = end + 4;
      if (view.byteLength < this.#needed) return undefined;
      end += 4 + Math.max(0, view.getInt32(end));
    }
    this.#needed = end;
    return view.byteLength < end ? undefined : end;
  }

  /** Takes the fields of a row, the first of which is at `at`. */
  #take(bytes: Uint8Array, view: DataView, at: number): void {
    for (let column = 0; column < this.#columns; column++) {
      const length = view.getInt32(at);
      at += 4;
      const text = length < 0 ? null : this.#decoder.decode(bytes.subarray(at, at + length));
      this.#batch[column]!.push(text);
      at += Math.max(0, length);
      this.#bytes += Math.max(0, length);
    }
    this.#rows++;
  }

  #full(): TextBatch {
    const batch = { rows: this.#rows, columns: this.#batch };
    this.#batch = this.#newBatch();
    this.#rows = 0;
    this.#bytes = 0;
    return batch;
  }

  #newBatch(): (string | null)[][] {
    return Array.from({ length: this.#columns }, () => []);
  }
}

function malformed(): ServiceError {
  return new ServiceError(
    "database_error",
    "Cannot verify the table: its rows did not arrive in the binary format of COPY",
  );
}
