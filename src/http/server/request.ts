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
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  let request: Request;
  try {
    request = new Request(`http://${headers.get("host") || "localhost"}${target}`, {
      method: NO_METHODS_OF_FETCH.test(method) ? "OPTIONS" : method,
      headers,
      ...(hasBody && { body }),
    });
  } catch {
    throw notNormal(); // there is no URL with that Host
  }
  if (pathOf(request.url) !== target.split("?", 1)[0]) throw notNormal();
  // the constructor also takes "get" for "GET", which HTTP does not
  if (request.method !== method) Object.defineProperty(request, "method", { value: method });
  return request;
}

/** The path of a URL with a host, which the URL has in its normal form: without parsing it once more. */
function pathOf(url: string): string {
  return url.slice(url.indexOf("/", "http://".length)).split("?", 1)[0]!;
}

function notNormal(): HttpFault {
  return new HttpFault(400, "its target is not in its normal form");
}
