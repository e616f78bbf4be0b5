/** `tokenize doctor` from source, and what it finds out about the machine. */
import assert from "node:assert/strict";
import { ENOUGH_OPEN_FILES, findMachineFacts } from "../../src/commands/machine_facts.ts";
import { fromSource } from "../support/program.ts";
import { doctorSuite } from "./doctor_suite.ts";

await doctorSuite(fromSource);

Deno.test("as many files are opened as may be, up to enough, and all are closed", () => {
  for (const [limit, found] of [[10, 10], [0, 0], [100_000, ENOUGH_OPEN_FILES]] as const) {
    let [open, most] = [0, 0];
    const facts = findMachineFacts(() => {
      if (open === limit) throw new Error("too many");
      most = Math.max(most, ++open);
      return { close: () => void open-- };
    });
    assert.deepEqual([facts.openFiles, open, most], [found, 0, found]);
  }
});
