/**
 * What the server's messages say.
 *
 * Source: PostgreSQL documentation, "55.7 Message Formats" and "55.8 Error and Notice Message Fields".
 */
import { readInt32 } from "../../../bytes.ts";

/** The types of the messages that count here. */
export const BACKEND = {
  authentication: code("R"),
  backendKeyData: code("K"),
  commandComplete: code("C"),
  copyData: code("d"),
  copyInResponse: code("G"),
  copyBothResponse: code("W"),
  dataRow: code("D"),
  emptyQueryResponse: code("I"),
  errorResponse: code("E"),
  noData: code("n"),
  noticeResponse: code("N"),
  notificationResponse: code("A"),
  parameterStatus: code("S"),
  parseComplete: code("1"),
  readyForQuery: code("Z"),
  rowDescription: code("T"),
} as const;

function code(letter: string): number {
  return letter.charCodeAt(0);
}

/** What identifies a connection to the server, to cancel its statements from another. */
export interface Backend {
  readonly pid: number;
  readonly secret: number;
}

/** A column of a result. */
export interface Column {
  readonly name: string;
  /** The oid of its type in `pg_type`. */
  readonly typeOid: number;
}

/** From a value's text to what a row holds of it. */
export type Decode = (text: string) => unknown;

/** The fields of an error or a notice, by their letters. */
export type ReportFields = Readonly<Record<string, string | undefined>>;

// without `ignoreBOM` it would take a U+FEFF at the start of a value away
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Up to that many bytes, ASCII is put together faster than the decoder is called. */
const MAX_SHORT_TEXT = 16;

/** Reads the content of one message, field by field. */
export class ContentReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  int32(): number {
    this.#at += 4;
    return readInt32(this.#bytes, this.#at - 4);
  }

  int16(): number {
    this.#at += 2;
    return (this.#bytes[this.#at - 2]! << 8) | this.#bytes[this.#at - 1]!;
  }

  /** A text that ends with a zero byte. */
  cstring(): string {
    let end = this.#at;
    while (end < this.#end && this.#bytes[end] !== 0) end++;
    const text = this.text(end - this.#at);
    this.#at++;
    return text;
  }

  /** A text of that many bytes. */
  text(length: number): string {
    const start = this.#at;
    this.#at += length;
    if (length > MAX_SHORT_TEXT) return decoder.decode(this.#bytes.subarray(start, this.#at));
    let text = "";
    for (let i = start; i < this.#at; i++) {
      const byte = this.#bytes[i]!;
      if (byte > 0x7f) return decoder.decode(this.#bytes.subarray(start, this.#at));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** What is left. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end);
  }
}

/** RowDescription: the columns of the rows that follow. */
export function readColumns(content: ContentReader): Column[] {
  return Array.from({ length: content.int16() }, () => {
    const name = content.cstring();
    content.int32(); // the oid of its table
    content.int16(); // its number in the table
    const typeOid = content.int32() >>> 0;
    content.int16(); // its size
    content.int32(); // its modifier
    content.int16(); // its format: text
    return { name, typeOid };
  });
}

/** DataRow: the values of a row; `decodes` has an entry for each column. */
export function readRow(
  content: ContentReader,
  decodes: readonly (Decode | undefined)[],
): unknown[] {
  const count = content.int16();
  const row = new Array<unknown>(count);
  for (let i = 0; i < count; i++) {
    const length = content.int32();
    const text = length < 0 ? null : content.text(length);
    const decode = decodes[i];
    row[i] = text === null || decode === undefined ? text : decode(text);
  }
  return row;
}

/** ErrorResponse and NoticeResponse. */
export function readReport(content: ContentReader): ReportFields {
  const fields: Record<string, string> = {};
  while (true) {
    const letter = content.text(1);
    if (letter === "\0" || letter === "") return fields;
    fields[letter] = content.cstring();
  }
}

/** NotificationResponse: the payload. Before it are the process that notifies, and the channel. */
export function readNotification(content: ContentReader): string {
  content.int32();
  content.cstring();
  return content.cstring();
}

/** CommandComplete: what was done, such as `UPDATE`, and for how many rows. */
export function readCommandTag(tag: string): { readonly command: string; readonly count: number } {
  const [, command, count] = /^(.*?)(?: \d+)??(?: (\d+))?$/.exec(tag)!;
  return { command: command!, count: Number(count ?? 0) };
}

/** An error that the server reported. Its message and detail may hold values of rows. */
export class PostgresError extends Error {
  override readonly name = "PostgresError";
  /** The SQLSTATE. */
  readonly code: string;
  /** What the server, or code in the database, reports as the constraint's name. */
  readonly constraint: string | undefined;

  /** Whether the server closes the connection after it. */
  readonly endsSession: boolean;

  constructor({ M: message, V: severity, C: state, n: constraint }: ReportFields) {
    super(message);
    this.endsSession = severity === "FATAL" || severity === "PANIC";
    this.code = state ?? "";
    this.constraint = constraint;
  }
}
