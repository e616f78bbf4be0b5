/** How long a server asks its callers to wait: the response header Retry-After. */

/** Day names of the three forms of a date, the last of which stands without its time zone. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/;

/**
 * Whole seconds that Retry-After asks to wait from `nowMs` (milliseconds since 1970) on; 0 for a date
 * in the past. Undefined if there is no such header, or it is neither a number of seconds nor a date.
 *
 * Source: RFC 9110, sections 10.2.3 (Retry-After) and 5.6.7 (HTTP-date).
 */
export function readRetryAfterSeconds(headers: Headers, nowMs = Date.now()): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!HTTP_DATE.test(text)) return undefined;
  const dateMs = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, Math.ceil((dateMs - nowMs) / 1000));
}
