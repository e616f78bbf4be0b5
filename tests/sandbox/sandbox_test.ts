/** The sandbox of the program run from source, and what happens when something in it fails. */
import assert from "node:assert/strict";
import { USAGE_EXIT_CODE } from "../../src/exit_codes.ts";
import { alterProject } from "../support/altered_program.ts";
import { parseLog, runProgram } from "../support/program.ts";
import { argsOf, probeProject, sandboxSuite } from "./sandbox_suite.ts";

const project = await probeProject();
Deno.test.afterAll(async () => await project[Symbol.asyncDispose]());

// The path it was started in, and that of Deno. The compiled program has neither the Web's cache storage,
// which keeps its own files in the folder for temporary ones, nor the class Worker: from source, no
// import map keeps it from the sandbox.
sandboxSuite(project.source, ["caches", "cwd", "execPath", "worker class: by import"]);

const run = [
  "run",
  "--urn",
  "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c,PROD)",
  "--columns",
  "x",
];

Deno.test("a sandbox that runs out of memory ends the program with an error", async () => {
  const { file, args, name } = project.source;
  const limited = {
    file,
    name,
    args: ["run", "--v8-flags=--max-old-space-size=64", ...args.slice(1)],
  };
  const { code } = await runProgram(limited, argsOf({ then: "fill_memory" }));
  assert.ok(code > USAGE_EXIT_CODE, `exit code ${code}`); // the runtime's own
});

for (
  const [how, statement] of Object.entries({
    "thrown where nobody can catch it":
      `setTimeout(() => { throw new TypeError("canary\\nat file:canary:1:1"); });`,
    "of an unhandled promise": `Promise.reject(new TypeError("canary"));`,
  })
) {
  Deno.test(`an error ${how} ends the program, and its message is not logged`, async () => {
    await using altered = await alterProject({
      "src/commands/run.ts": (text) =>
        text.replace("  const registry = new", `${statement}\n  await new Promise(() => {});\n$&`),
    });
    const { code, stderr } = await runProgram(altered.source, run, { LOG_FORMAT: "json" });
    assert.equal(code, 1);
    const [line, ...more] = parseLog(stderr).filter(({ level }) => level === "ERROR");
    assert.deepEqual([line?.event, line?.kind, more], ["unexpected_failure", "TypeError", []]);
    assert.match((line?.frames as string[])[0]!, /^at .*commands\/run\.ts:\d+:\d+/);
  });
}

Deno.test("an error outside the sandbox ends the program, and its message is not shown", async () => {
  await using altered = await alterProject({
    "src/config.ts": (text) =>
      text.replace(/ {2}const .* = collectFaults\(\);/, `  throw new RangeError("canary");\n$&`),
  });
  const { code, stdout, stderr } = await runProgram(altered.source, run);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^tokenize: unexpected RangeError, a defect\n {2}at .*config\.ts/);
});
