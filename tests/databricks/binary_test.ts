/** The binary beside a warehouse: dist/tokenize, where it was built. */
import { testUnless } from "../support/skipping.ts";
import { compiled } from "../support/program.ts";
import { programSuite } from "./program_suite.ts";

if (await exists(compiled.file)) programSuite(compiled);
else testUnless(`${compiled.file} is not there: make build`, "the compiled program", () => {});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
