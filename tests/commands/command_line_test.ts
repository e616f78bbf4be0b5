import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { fromSource, runProgram } from "../support/program.ts";
import { commandLineSuite } from "./command_line_suite.ts";

commandLineSuite(fromSource);

Deno.test("scripts/tokenize.sh runs the program from source, with the same permissions as these tests", async () => {
  const file = fileURLToPath(new URL("../../scripts/tokenize.sh", import.meta.url));
  const script = { name: "script", file, args: [] };
  const env = { DENO: Deno.execPath(), PORT: "9000" };
  const [byScript, bySource] = await Promise.all([
    runProgram(script, ["permissions"], env),
    runProgram(fromSource, ["permissions"], env),
  ]);
  assert.deepEqual(byScript, bySource);
  const text = await Deno.readTextFile(file);
  for (const flag of ["--no-prompt", "--allow-net", "--allow-read"]) assert.ok(text.includes(flag));
  const others = [...text.matchAll(/--(?:allow|unstable)-[a-z]+|-A\b/g)].map(([flag]) => flag);
  assert.deepEqual(others, ["--allow-net", "--allow-read", "--allow-write", "--allow-env"]);
});
