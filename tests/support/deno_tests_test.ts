import assert from "node:assert/strict";
import { addCounts, closingLine, readSummary, runDenoTests } from "./deno_tests.ts";

Deno.test("the summary is the last such line, with or without colors", () => {
  const noise = "ok | 99 passed | 0 failed (1s)\nFAILED | a test writes this\n";
  const plain =
    "FAILED | 5 passed (2 steps) | 1 failed (1 step) | 2 ignored (3s)\n\nerror: Test failed\n";
  const coloured =
    "\x1b[0m\x1b[32mok\x1b[0m | 5 passed | 0 failed | 3 filtered out \x1b[38m(3s)\x1b[0m\n";
  assert.deepEqual(readSummary(noise + plain), { passed: 5, failed: 1, skipped: 2 });
  assert.deepEqual(readSummary(noise + coloured), { passed: 5, failed: 0, skipped: 0 });
  assert.equal(readSummary("error: Module not found"), undefined);
});

Deno.test("counts add up to the closing line", () => {
  const all = [{ passed: 1, failed: 0, skipped: 0 }, { passed: 2, failed: 3, skipped: 0 }];
  assert.equal(closingLine(addCounts(all)), "3 passed, 3 failed");
  assert.equal(closingLine({ passed: 1, failed: 0, skipped: 4 }), "1 passed, 0 failed, 4 skipped");
});

Deno.test("tests are counted, and a file that does not load is a failure", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const tests = `Deno.test("a", () => {}); Deno.test.ignore("b", () => {});
      Deno.test("c", () => { throw new Error("c"); });`;
    await Deno.writeTextFile(`${dir}/good_test.ts`, `Deno.test("a", () => {});`);
    await Deno.writeTextFile(`${dir}/mixed_test.ts`, tests);
    await Deno.writeTextFile(`${dir}/broken_test.ts`, `import "./missing.ts";`);
    const run = (name: string) =>
      runDenoTests({ paths: [`${dir}/${name}_test.ts`], options: ["--no-config"] });
    assert.deepEqual(await run("good"), { passed: 1, failed: 0, skipped: 0 });
    assert.deepEqual(await run("mixed"), { passed: 1, failed: 1, skipped: 1 });
    assert.deepEqual(await run("broken"), { passed: 0, failed: 1, skipped: 0 });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
