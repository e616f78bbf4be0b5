/** A statement that was sent, until the server is done with it. */
import {
  BACKEND,
  type Column,
  type ContentReader,
  type Decode,
  readColumns,
  readCommandTag,
  readRow,
} from "./backend_messages.ts";
import type { Prepared } from "./prepared_statements.ts";
import { copyBytes } from "../../../bytes.ts";
import type { CopyStream } from "./copy_stream.ts";

/** The result of a statement. */
export interface Result {
  readonly columns: readonly Column[];
  /** Each row as an array of its columns. */
  readonly rows: unknown[][];
  /** How many rows it returned or changed. */
  readonly count: number;
  /** What the server reports to have done, such as `COMMIT`. */
  readonly command: string;
}

/**
 * What a statement gives in pieces of any size, each of which is valid until the next is asked for; and
 * what settles when the server is done with it.
 */
export interface Content {
  readonly content: AsyncGenerator<Uint8Array, void>;
  readonly result: Promise<Result>;
}

const NOTHING = new Uint8Array(0);

/** What receives the server's messages about one statement, or about several of one text. */
export class Operation {
  readonly prepared: Prepared | undefined;
  readonly copy: CopyStream | undefined;
  /** Whether it shares the end (Sync) of the one that is sent next. */
  readonly joinsNext: boolean;
  readonly result: Promise<Result>;
  readonly #settled = Promise.withResolvers<Result>();
  readonly #decodeOf: (typeOid: number) => Decode | undefined;
  #columns: readonly Column[] = [];
  #decodes: (Decode | undefined)[] = [];
  #rows: unknown[][] = [];
  #last: Pick<Result, "columns" | "rows"> = { columns: [], rows: [] };
  /** What the server reports to have done last. */
  #tag = "";
  /** What came of a COPY with one reading of the socket: no object is made for each of its messages. */
  #buffer: Uint8Array<ArrayBuffer> = NOTHING;
  #used = 0;

  constructor(
    decodeOf: (typeOid: number) => Decode | undefined,
    { prepared, copy, joinsNext = false }: {
      prepared?: Prepared | undefined;
      copy?: CopyStream;
      joinsNext?: boolean;
    } = {},
  ) {
    this.#decodeOf = decodeOf;
    this.prepared = prepared;
    this.copy = copy;
    this.joinsNext = joinsNext;
    this.result = this.#settled.promise;
    this.result.catch(() => {}); // of a COPY, only the stream is read
    if (prepared?.columns !== undefined) this.#describe(prepared.columns);
  }

  /** Takes a message about it, of that type. */
  take(type: number, content: ContentReader): void {
    switch (type) {
      case BACKEND.dataRow:
        return void this.#rows.push(readRow(content, this.#decodes));
      case BACKEND.rowDescription:
        return this.#describe(readColumns(content));
      case BACKEND.noData:
        return this.#describe([]);
      case BACKEND.parseComplete:
        if (this.prepared !== undefined) this.prepared.isKnown = true;
        return;
      case BACKEND.commandComplete:
        return this.#complete(content.cstring());
      case BACKEND.emptyQueryResponse:
        return this.#complete("");
    }
  }

  /** The columns of the rows that follow. */
  #describe(columns: readonly Column[]): void {
    this.#columns = columns;
    this.#decodes = columns.map(({ typeOid }) => this.#decodeOf(typeOid));
    if (this.prepared !== undefined) this.prepared.columns = columns;
  }

  /** One of its statements is complete. */
  #complete(tag: string): void {
    this.#last = { columns: this.#columns, rows: this.#rows };
    this.#tag = tag;
    this.#rows = [];
    this.#columns = [];
  }

  /** Takes a piece of its COPY: the bytes from `start` up to `end`, which are passed on by `flush`. */
  piece(bytes: Uint8Array, start: number, end: number): void {
    if (this.copy === undefined) return;
    if (this.#used + end - start > this.#buffer.length) {
      this.flush();
      this.#buffer = this.copy.buffers.take(bytes.length - start); // the others of this reading fit, too
    }
    this.#used = copyBytes(bytes, start, end, this.#buffer, this.#used);
  }

  /** Passes on what came of a COPY. */
  flush(): void {
    if (this.#used === 0) return;
    this.copy?.push({ buffer: this.#buffer, length: this.#used });
    this.#buffer = NOTHING;
    this.#used = 0;
  }

  /** It has failed. Only the first call has an effect. */
  fail(error: unknown): void {
    this.#settled.reject(error);
    this.copy?.end(error);
  }

  /** The server is done with it. */
  end(): void {
    this.flush();
    this.#settled.resolve({ ...this.#last, ...readCommandTag(this.#tag) });
    this.copy?.end();
  }
}
