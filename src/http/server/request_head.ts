/**
 * The head of a request: its line and header fields. Strict, so that this server never understands a
 * request in another way than a proxy before it: lines end in CR LF, nothing is repaired, there is one
 * Host, and one way to tell where the body ends.
 *
 * Source: RFC 9112, "HTTP/1.1", sections 2 to 6; RFC 9110 section 5 for the fields.
 */
import type { ByteReader } from "./byte_reader.ts";
import { HttpFault } from "./http_fault.ts";

/** The most that a head may hold. */
export const MAX_HEAD_BYTES = 32 * 1024;

/** Where a body ends. */
export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, beginning with "/". */
  readonly target: string;
  /** HTTP/1.1, or else HTTP/1.0. */
  readonly isCurrent: boolean;
  readonly headers: Headers;
  readonly framing: BodyFraming;
  /** Whether the connection may serve another request. */
  readonly keepsAlive: boolean;
}

const latin1 = new TextDecoder("latin1");

const LF = 10;
const CR = 13;

/**
 * Reads up to the end of the next head. Undefined if the connection ends instead, or within the head.
 * Throws `HttpFault`.
 */
export async function readHead(reader: ByteReader): Promise<RequestHead | undefined> {
  let bytes = new Uint8Array(0);
  for (;;) {
    const more = await reader.next();
    if (more === undefined) return undefined;
    const seen = bytes.length;
    bytes = appended(bytes, more);
    const end = endOfHead(bytes, seen);
    if ((end ?? bytes.length) > MAX_HEAD_BYTES) throw tooLong(bytes);
    if (end === undefined) continue;
    reader.unread(bytes.subarray(end));
    return parseHead(latin1.decode(bytes.subarray(0, end)));
  }
}

/** Where the empty line ends, if it came. Throws for a line that does not end in CR LF. */
function endOfHead(bytes: Uint8Array, seen: number): number | undefined {
  for (let i = bytes.indexOf(LF, seen); i >= 0; i = bytes.indexOf(LF, i + 1)) {
    if (bytes[i - 1] !== CR) throw new HttpFault(400, "a line ends in LF alone");
    if (i < 2 || bytes[i - 2] === LF) return i + 1;
  }
  return undefined;
}

function tooLong(bytes: Uint8Array): HttpFault {
  return bytes.includes(LF)
    ? new HttpFault(431, "its header is too long")
    : new HttpFault(414, "its first line is too long");
}

/** The lines of a head with the empty line at its end, each byte as the character of that number. */
function parseHead(text: string): RequestHead {
  const [first, ...lines] = text.slice(0, -4).split("\r\n");
  const { method, target, isCurrent } = parseRequestLine(first!);
  const headers = new Headers();
  for (const line of lines) addField(headers, line);
  const hosts = lines.filter((line) => /^host:/i.test(line)).length;
  if (hosts > 1 || (isCurrent && hosts === 0)) throw new HttpFault(400, "it has not one Host");
  if (headers.has("host") && !HOST.test(headers.get("host")!)) {
    throw new HttpFault(400, "its Host is not one");
  }
  const connection = (headers.get("connection") ?? "").toLowerCase().split(",").map((each) =>
    each.trim()
  );
  return {
    method,
    target,
    isCurrent,
    headers,
    framing: framingOf(headers, lines, isCurrent),
    keepsAlive: isCurrent ? !connection.includes("close") : connection.includes("keep-alive"),
  };
}

/** RFC 9110 section 5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, tabs and blanks, and what older specifications allow beyond ASCII. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** A name or address, with or without a port; RFC 3986 section 3.2. */
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

/** `POST /trigger HTTP/1.1` */
function parseRequestLine(line: string): Pick<RequestHead, "method" | "target" | "isCurrent"> {
  const [method, target, version, ...more] = line.split(" ");
  if (!TOKEN.test(method!) || version === undefined || more.length > 0) {
    throw new HttpFault(400, "its first line is not one of HTTP");
  }
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0") {
    const isHttp = /^HTTP\/\d\.\d$/.test(version);
    throw new HttpFault(isHttp ? 505 : 400, "it is of another version than HTTP/1.1");
  }
  // the other forms are for proxies, CONNECT and "OPTIONS *"; a fragment never leaves the caller
  if (!/^\/[\x21\x24-\x7e]*$/.test(target!)) {
    throw new HttpFault(400, "its target is not a path");
  }
  return { method: method!, target: target!, isCurrent: version === "HTTP/1.1" };
}

function addField(headers: Headers, line: string): void {
  const colon = line.indexOf(":");
  const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
  if (colon < 1 || !TOKEN.test(name) || !FIELD_VALUE.test(value)) {
    throw new HttpFault(400, "a line of its header is not a field");
  }
  headers.append(name, value);
}

function framingOf(headers: Headers, lines: readonly string[], isCurrent: boolean): BodyFraming {
  const length = headers.get("content-length");
  const encoding = headers.get("transfer-encoding");
  if (encoding !== null) {
    // RFC 9112 section 6.1: both may be an attempt at smuggling
    if (length !== null || !isCurrent) throw new HttpFault(400, "its body's end is ambiguous");
    if (encoding.toLowerCase() !== "chunked") {
      throw new HttpFault(501, "its transfer encoding is not chunked alone");
    }
    return { kind: "chunked" };
  }
  if (length === null) return { kind: "none" };
  const isOne = lines.filter((line) => /^content-length:/i.test(line)).length === 1;
  if (!isOne || !/^\d{1,15}$/.test(length)) {
    throw new HttpFault(400, "its length is not one number");
  }
  return length === "0" ? { kind: "none" } : { kind: "length", bytes: Number(length) };
}

/** Both together, with room behind them, which is used if it is there. */
function appended(
  bytes: Uint8Array<ArrayBuffer>,
  more: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) return more;
  const length = bytes.length + more.length;
  const hasRoom = bytes.byteOffset === 0 && length <= bytes.buffer.byteLength;
  const both = hasRoom ? new Uint8Array(bytes.buffer, 0, length) : new Uint8Array(2 * length);
  if (!hasRoom) both.set(bytes);
  both.set(more, bytes.length);
  return both.subarray(0, length);
}
