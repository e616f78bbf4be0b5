/** A request as the API takes it, made of what came over the wire. */
import { HttpFault } from "./http_fault.ts";
import type { RequestHead } from "./request_head.ts";

/** Methods that the constructor refuses: the API is to refuse them. */
const NO_METHODS_OF_FETCH = /^(?:CONNECT|TRACE|TRACK)$/i;

/**
 * Makes a request. `body` is read as the API reads it.
 *
 * Throws `HttpFault` where its URL means another path than was sent, as `/a/../trigger` does: a proxy
 * before this server may have decided by what was sent.
 */
export function makeRequest(
  { method, target, headers }: RequestHead,
  body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined,
): Request {
  const url = URL.parse(`http://${headers.get("host") || "localhost"}${target}`);
  if (url === null || url.pathname !== target.split("?", 1)[0]) {
    throw new HttpFault(400, "its target is not in its normal form");
  }
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  const request = new Request(url, {
    method: NO_METHODS_OF_FETCH.test(method) ? "OPTIONS" : method,
    headers,
    ...(hasBody && { body }),
  });
  // the constructor also takes "get" for "GET", which HTTP does not
  if (request.method !== method) Object.defineProperty(request, "method", { value: method });
  return request;
}
