/**
 * Whether a text is one host's name or IP address (IPv6 without brackets). Deno's own list of
 * permissions would take more: `*.example.com` would open a whole domain.
 */
export function isHost(text: string): boolean {
  if (text.includes(":")) return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
  return /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/.test(text);
}
