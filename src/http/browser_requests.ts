/**
 * Requests that a web page has a browser send: they come from inside, although their author is outside.
 *
 * - A page of another site can post a form, or call `fetch`, without reading the response. It cannot
 *   hide its origin: Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) and RFC 6454 name it. The
 *   rules are those of CrossOriginProtection in Go's net/http.
 * - A page whose name its author lets resolve to an address of this machine (DNS rebinding) is of the
 *   same origin to the browser, but its name stands in `Host`.
 */
import { ServiceError } from "../errors.ts";
import { isLoopback, withoutBrackets } from "../host_name.ts";

/** Where the server listens. */
export interface ListenAddress {
  /** IPv6 addresses without brackets. */
  readonly hostname: string;
  readonly port: number;
}

const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Throws `permission_denied` if the request may change something and a page of another origin sent it. */
export function requireSameOrigin({ method, headers }: Request): void {
  if (SAFE_METHODS.includes(method)) return;
  const site = headers.get("sec-fetch-site");
  const isForeign = site === null
    ? isForeignOrigin(headers.get("origin"), headers.get("host"))
    : site !== "same-origin" && site !== "none";
  if (isForeign) throw denied("a web page of another origin sent it");
}

/** Not by the scheme, which a proxy may have changed. Only browsers send an origin. */
function isForeignOrigin(origin: string | null, host: string | null): boolean {
  if (origin === null) return false;
  const url = URL.parse(origin);
  return url === null || url.host !== URL.parse(`${url.protocol}//${host}`)?.host;
}

/**
 * Throws `permission_denied` unless `Host` names this server. It is for servers without a token, which
 * no page could know. On a loopback address the name must be a loopback one, with the server's port. On
 * others, whose names nobody can list, only a browser's request must have the name in HOST or an
 * address, since a page cannot make an address lead elsewhere.
 */
export function requireOwnHost({ headers }: Request, { hostname, port }: ListenAddress): void {
  const host = headers.get("host");
  if (host === null) return; // HTTP/1.0, which no browser speaks
  const url = URL.parse(`http://${host}`);
  const name = withoutBrackets(url?.hostname ?? "");
  const isOwn = isLoopback(hostname)
    ? isLoopback(name) && Number(url?.port || 80) === port
    : !isBrowser(headers) || name === hostname.toLowerCase() || isAddress(name);
  if (!isOwn) {
    throw denied("its Host is not where this server listens (allowed with TRIGGER_TOKEN)");
  }
}

function isBrowser(headers: Headers): boolean {
  return headers.has("origin") || headers.has("sec-fetch-site");
}

/** Whether the host of a URL, which is in its normal form, is an IP address. */
function isAddress(name: string): boolean {
  return name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
}

function denied(reason: string): ServiceError {
  return new ServiceError("permission_denied", `Cannot accept the request: ${reason}`);
}
