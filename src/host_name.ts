/** Host names and IP addresses: the brackets around IPv6 addresses, and which lead to this machine. */

/**
 * Whether a text is one host's name or IP address (IPv6 without brackets). Deno's own list of
 * permissions would take more: `*.example.com` would open a whole domain.
 */
export function isHost(text: string): boolean {
  if (text.includes(":")) return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
  return /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(text);
}

/** The host without the brackets that a URL puts around an IPv6 address (RFC 3986, section 3.2.2). */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** `host:port` as in a URL: an IPv6 address gets brackets unless it has them. */
export function toAuthority(host: string, port: number): string {
  const bare = withoutBrackets(host);
  return `${bare.includes(":") ? `[${bare}]` : bare}:${port}`;
}

/** Whether nothing but this machine can be meant: `localhost` or a loopback address, in any spelling. */
export function isLoopback(host: string): boolean {
  const hostname = URL.parse(`http://${toAuthority(host, 80)}`)?.hostname ?? "";
  return /^localhost\.?$|^127(\.\d+){3}$|^\[::1\]$/.test(hostname) && isHost(withoutBrackets(host));
}
