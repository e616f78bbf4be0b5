/**
 * `make test-faults`: crash proofs. The binary works on a real Postgres, and at random moments
 * something goes wrong; then every row is looked at.
 *
 *     make test-faults            some minutes
 *     make test-faults LONG=1     the long form
 *     FAULT_SEED=1 make …         the moments of an earlier run
 */
import { fileURLToPath } from "node:url";
import { markdownTable } from "../../scripts/bench/figures.ts";
import { closeSuite, runDenoTests } from "../../scripts/deno_tests.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const results = await Deno.makeTempFile();
const form = Deno.args.includes("--long") ? "long" : "short";
const counts = await runDenoTests({
  paths: ["tests/faults"],
  environment: { FAULTS_FORM: form, FAULTS_RESULTS: results },
  options: ["--no-check"],
});
const lines = (await Deno.readTextFile(results)).trim().split("\n").filter(Boolean)
  .map((line) => JSON.parse(line));
await Deno.remove(results);
const head = ["fault", "commit", "times", "before", "in between", "after"];
console.log(markdownTable(
  [...head, "rows checked", "lost", "plaintext found"],
  lines.map(({ fault, mode, times, old, partly, tokenized, rows, lost, plaintext }) => {
    const numbers = [times, old, partly, tokenized].map(String);
    return [fault, mode, ...numbers, rows.toLocaleString("en-US"), `${lost}`, `${plaintext}`];
  }),
));
closeSuite(counts);
