/** Stack frames: which parts of a stack may be logged. */
import assert from "node:assert/strict";
import { stackFrames } from "../src/stack_frames.ts";

Deno.test("stack frames say where an error happened, never its message", () => {
  const messages = ["canary", "canary\nat canary (file:///canary:1:1)", "", "at file:canary:1:1"];
  for (const message of messages) {
    const frames = stackFrames(new Error(message));
    assert.match(frames[0]!, /^at .*stack_frames_test\.ts:\d+:\d+\)?$/);
    assert.doesNotMatch(frames.join("\n"), /canary/);
  }
  assert.deepEqual(stackFrames("canary"), []);
  assert.deepEqual(stackFrames(undefined), []);
});
