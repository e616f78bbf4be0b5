/**
 * A response as it goes over the wire. What the API answers is small, so it is sent whole and with its
 * length; only a stream of events is sent in chunks, as it comes.
 *
 * Source: RFC 9112, "HTTP/1.1", sections 4, 6 and 7.1; RFC 9110 section 8.6.
 */
import { joinBytes } from "../../bytes.ts";
import type { RequestHead } from "./request_head.ts";

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  202: "Accepted",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  422: "Unprocessable Content",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

const encoder = new TextEncoder();

/** How a response is sent. */
export interface SendOptions {
  readonly request: RequestHead;
  /** Whether the connection goes on, and how long it then waits for another request. */
  readonly keepAliveSeconds: number | undefined;
}

/** The pieces of a response, its head first. */
export async function* responseBytes(
  response: Response,
  { request, keepAliveSeconds }: SendOptions,
): AsyncGenerator<Uint8Array, void> {
  const own: Fields = {
    date: new Date().toUTCString(),
    connection: keepAliveSeconds === undefined ? "close" : "keep-alive",
    ...(keepAliveSeconds !== undefined && { "keep-alive": `timeout=${keepAliveSeconds}` }),
  };
  const hasBody = request.method !== "HEAD" && response.status !== 204 && response.status !== 304;
  if (!hasBody) {
    await response.body?.cancel();
    yield head(response.status, own, response.headers);
  } else if (isEventStream(response)) {
    yield* eventStream(response, own, request.isCurrent);
  } else {
    const body = await response.bytes();
    const length = { "content-length": String(body.length) };
    const first = head(response.status, { ...own, ...length }, response.headers);
    yield joinBytes([first, body], first.length + body.length);
  }
}

/** Whether it goes on until one of the two sides ends it. */
export function isEventStream(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
}

/** A response that ends the connection, to what was no request. */
export function faultBytes(status: number): Uint8Array {
  return head(status, { "content-length": "0", connection: "close" });
}

/** What tells a caller who waits for it to go on with the body. */
export function continueBytes(): Uint8Array {
  return encode("HTTP/1.1 100 Continue\r\n\r\n");
}

/** To a caller of HTTP/1.0, its end is the connection's. */
async function* eventStream(response: Response, own: Fields, isChunked: boolean) {
  const chunked = isChunked && { "transfer-encoding": "chunked" };
  yield head(response.status, { ...own, ...chunked }, response.headers);
  for await (const piece of response.body ?? []) {
    if (piece.length === 0) continue;
    if (isChunked) yield encode(`${piece.length.toString(16)}\r\n`);
    yield piece;
    if (isChunked) yield encode("\r\n");
  }
  if (isChunked) yield encode("0\r\n\r\n");
}

/** Fields of a header, by their names in lower case. */
type Fields = Readonly<Record<string, string>>;

/** The head of a response with these fields, and with those of `headers` that they do not replace. */
function head(
  status: number,
  own: Fields,
  headers: Iterable<[name: string, value: string]> = [],
): Uint8Array<ArrayBuffer> {
  let fields = "";
  for (const [name, value] of headers) {
    if (!Object.hasOwn(own, name)) fields += `${name}: ${value}\r\n`;
  }
  for (const [name, value] of Object.entries(own)) fields += `${name}: ${value}\r\n`;
  return encode(`HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${fields}\r\n`);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}
