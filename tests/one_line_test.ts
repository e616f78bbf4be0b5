/** What a terminal or a log shows of a text that may contain anything. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { oneLine } from "../src/one_line.ts";
import { anyString, holds } from "./support/properties.ts";

/** Unicode's own classes, so that the range in the program is checked by something else. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

Deno.test("controls, separators of lines and marks of direction are written out, and nothing else", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const char = String.fromCharCode(code);
    const shown = FORBIDDEN.test(char) ? `\\u${code.toString(16).padStart(4, "0")}` : char;
    assert.equal(oneLine(char), shown);
  }
  assert.equal(oneLine("Zoë 🙂 \u{e0041}"), "Zoë 🙂 \u{e0041}");
  assert.equal(oneLine("a\r\n\x1b[2J\u202eb\u2028é"), "a\\u000d\\u000a\\u001b[2J\\u202eb\\u2028é");
});

Deno.test("JSON stays the same JSON, and is one line to any reader", async () => {
  await holds(
    fc.property(fc.array(anyString), (texts) => {
      const line = oneLine(JSON.stringify(texts));
      assert.deepEqual(JSON.parse(line), texts);
      assert.doesNotMatch(line, FORBIDDEN);
    }),
    500,
  );
});
