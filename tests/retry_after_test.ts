/** Retry-After, in every form that RFC 9110 allows. */
import assert from "node:assert/strict";
import { readRetryAfterSeconds } from "../src/retry_after.ts";

Deno.test("Retry-After is seconds or a date", () => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  const cases = [
    ["0", 0],
    ["120", 120],
    [" 7 ", 7],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30],
    ["Wed, 31 Dec 2025 23:00:00 GMT", 0],
    ["Thursday, 01-Jan-26 00:01:00 GMT", 60],
    ["Thu Jan  1 00:02:00 2026", 120],
    ["soon", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["2026-01-01T00:00:30Z", undefined],
    ["Thu, 99 Jan 2026 00:00:30 GMT", undefined],
    ["", undefined],
  ] as const;
  for (const [text, seconds] of cases) {
    const headers = new Headers({ "retry-after": text });
    assert.equal(readRetryAfterSeconds(headers, nowMs), seconds, text);
  }
  assert.equal(readRetryAfterSeconds(new Headers(), nowMs), undefined);
});

Deno.test("a date becomes whole seconds from now, rounded up", () => {
  const date = "Thu, 01 Jan 2026 00:00:30 GMT";
  const headers = new Headers({ "retry-after": date });
  assert.equal(readRetryAfterSeconds(headers, Date.parse(date) - 1), 1);
  const soon = new Headers({ "retry-after": new Date(Date.now() + 3600_000).toUTCString() });
  const seconds = readRetryAfterSeconds(soon) ?? assert.fail();
  assert.ok(seconds > 3000 && seconds <= 3600);
});
