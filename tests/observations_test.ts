/** What can be logged is a closed list of events with their fields, and each is written as it is. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { LOG_EXAMPLES } from "../scripts/docs/log_examples.ts";
import { type ErrorFacts, ServiceError } from "../src/errors.ts";
import { LOG_LINES, sentenceOf } from "../src/log.ts";
import type { Observation } from "../src/observations.ts";
import type { PhaseTime } from "../src/phases.ts";

/** What a field may be. */
type Loggable =
  | string
  | number
  | boolean
  | undefined
  | readonly string[]
  | readonly PhaseTime[]
  | ErrorFacts;
/** Whether nothing but fields that are named, and always there, can be in it. */
type IsClosed<O> = string extends keyof O ? false
  : O extends Required<O> & Record<keyof O, Loggable> ? true
  : false;
type OpenEvents = {
  [E in Observation["event"]]: IsClosed<Extract<Observation, { event: E }>> extends true ? never
    : E;
}[Observation["event"]];

Deno.test("no event has a field for a value", () => {
  const open: OpenEvents[] = [];
  // @ts-expect-error no event's name is that of an open one
  open.push("stopped");
  const cell = "a cell's value";
  const observation: Observation = {
    event: "stopped",
    // @ts-expect-error no event takes more than its own fields
    cell,
  };
  assert.ok("cell" in observation);
  const seen: [
    IsClosed<{ event: "x"; runId: string }>,
    IsClosed<{ event: "x"; cell?: string }>,
    IsClosed<{ event: "x"; cell: unknown }>,
    IsClosed<{ event: "x"; [name: string]: string }>,
  ] = [true, false, false, false];
  assert.deepEqual(seen.filter((each) => each), [true]);
});

Deno.test("each event is written in JSON with exactly its fields, and in a sentence made of them", async () => {
  const code = `
    import { LOG_EXAMPLES } from "./scripts/docs/log_examples.ts";
    import { startLog } from "./src/log.ts";
    const observe = await startLog({ level: "debug", format: "json" });
    for (const example of Object.values(LOG_EXAMPLES)) observe(example);`;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--ext=ts", code],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdin: "null",
  }).output();
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n").map((each) =>
    JSON.parse(each)
  );
  const examples = Object.values(LOG_EXAMPLES);
  assert.equal(lines.length, examples.length);
  for (const [i, example] of examples.entries()) {
    const { "@timestamp": time, level, logger, message, ...fields } = lines[i];
    assert.deepEqual(fields, { ...example });
    const [expected] = LOG_LINES[example.event];
    assert.equal(level, { warning: "WARN" }[expected as string] ?? expected.toUpperCase());
    assert.equal(logger, "tokenize");
    assert.ok(!Number.isNaN(Date.parse(time)));
    assert.notEqual(message, "");
    for (const [, name] of sentenceOf(example).matchAll(/\{(\w+)\}/g)) {
      assert.ok(name! in example, `${example.event}: ${name}`);
    }
  }
});

Deno.test("an error keeps known facts and drops all others", () => {
  const cell = "a cell's value";
  const facts: ErrorFacts = {
    sqlState: "40001",
    constraint: undefined,
    // @ts-expect-error nor do an error's facts
    cell,
  };
  const error = new ServiceError("conflict", "Cannot write: no", facts);
  assert.deepEqual(error.facts, { sqlState: "40001" });
});
