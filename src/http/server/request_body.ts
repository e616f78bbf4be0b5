/**
 * The body of a request as its framing says. Bytes are read only as they are asked for, so a body that
 * nobody reads costs no memory.
 *
 * Source: RFC 9112, "HTTP/1.1", sections 6 and 7.1.
 */
import type { ByteReader } from "./byte_reader.ts";
import { HttpFault } from "./http_fault.ts";
import type { BodyFraming } from "./request_head.ts";

/** The most that a line between chunks may hold, and all the lines after the last chunk. */
const MAX_LINE_BYTES = 256;
const MAX_TRAILER_BYTES = 8 * 1024;

const LF = 10;

/** A body that is read once, or not at all. */
export class RequestBody {
  /** Undefined if there is none. Fails with `HttpFault` if it breaks off or breaks the rules. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #isRead: boolean;

  /** `onFirstRead` is awaited before the first byte is read. */
  constructor(reader: ByteReader, framing: BodyFraming, onFirstRead: () => Promise<void>) {
    this.#isRead = framing.kind === "none";
    if (!this.#isRead) {
      this.stream = ReadableStream.from(this.#pieces(reader, framing, onFirstRead));
    }
  }

  /** Whether nothing of it is left to read, so that what comes next is another request. */
  get isRead(): boolean {
    return this.#isRead;
  }

  async *#pieces(reader: ByteReader, framing: BodyFraming, onFirstRead: () => Promise<void>) {
    await onFirstRead();
    yield* readBody(reader, framing);
    this.#isRead = true;
  }
}

async function* readBody(
  reader: ByteReader,
  framing: BodyFraming,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  if (framing.kind === "length") yield* readExactly(reader, framing.bytes);
  if (framing.kind !== "chunked") return;
  for (;;) {
    const [size] = (await readLine(reader)).split(";", 1);
    if (!/^[0-9A-Fa-f]{1,12}$/.test(size!.trimEnd())) throw broken();
    const bytes = parseInt(size!, 16);
    if (bytes === 0) return await skipTrailer(reader);
    yield* readExactly(reader, bytes);
    if (await readLine(reader) !== "") throw broken();
  }
}

async function* readExactly(
  reader: ByteReader,
  bytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let missing = bytes;
  while (missing > 0) {
    const piece = await reader.next();
    if (piece === undefined) throw broken();
    const own = piece.subarray(0, missing);
    reader.unread(piece.subarray(own.length));
    missing -= own.length;
    yield own;
  }
}

/** The fields after the last chunk are not used, as none is expected. */
async function skipTrailer(reader: ByteReader): Promise<void> {
  for (let bytes = 0; bytes <= MAX_TRAILER_BYTES;) {
    const line = await readLine(reader);
    if (line === "") return;
    bytes += line.length;
  }
  throw broken();
}

/** A line without the CR LF at its end. */
async function readLine(reader: ByteReader): Promise<string> {
  let line = "";
  for (;;) {
    const piece = await reader.next();
    if (piece === undefined) throw broken();
    const end = piece.indexOf(LF) + 1;
    line += new TextDecoder("latin1").decode(end === 0 ? piece : piece.subarray(0, end));
    if (line.length > MAX_LINE_BYTES) throw broken();
    if (end === 0) continue;
    reader.unread(piece.subarray(end));
    if (!line.endsWith("\r\n") || line.indexOf("\r") !== line.length - 2) throw broken();
    return line.slice(0, -2);
  }
}

function broken(): HttpFault {
  return new HttpFault(400, "its body breaks off or is not framed as it says");
}
