/** The binary beside a warehouse: dist/tokenize, where it was built. */
import { compiled } from "../support/program.ts";
import { programSuite } from "./program_suite.ts";

if (await exists(compiled.file)) programSuite(compiled);
else Deno.test({ name: `${compiled.file} is not there: make build`, ignore: true, fn: () => {} });

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
