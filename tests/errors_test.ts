/** Errors: which parts of them may be shown. */
import assert from "node:assert/strict";
import { ServiceError, toServiceError } from "../src/errors.ts";

Deno.test("a ServiceError is passed on unchanged", () => {
  const error = new ServiceError("conflict", "Cannot do it: no");
  assert.equal(toServiceError(error), error);
});

Deno.test("anything else that is thrown becomes internal, without its message", () => {
  const thrown = [new TypeError("canary"), "canary", { message: "canary" }, undefined, null, 42];
  const causes = thrown.map((each) => {
    const error = toServiceError(each);
    assert.equal(error.code, "internal");
    assert.doesNotMatch(JSON.stringify([error.message, error.facts, error.stack]), /canary/);
    return error.facts.cause;
  });
  assert.deepEqual(causes, ["TypeError", "string", "object", "undefined", "object", "number"]);
});

Deno.test("a name with line breaks or terminal codes cannot forge a log line", () => {
  const { message } = new ServiceError("column_not_found", 'Cannot: "a\r\n\x1b[2J\u202eb\u2028é"');
  assert.equal(message, 'Cannot: "a\\u000d\\u000a\\u001b[2J\\u202eb\\u2028é"');
});
