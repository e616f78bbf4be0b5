/**
 * `make test-faults`: crash proofs. The binary works on a real Postgres, and at random moments
 * something goes wrong; then every row is checked.
 *
 *     make test-faults            some minutes
 *     make test-faults LONG=1     the long form; with WRITE=1 its results are docs/crash-proofs.md
 *     make … ONLY='kill -9'       the faults with that in their names
 *     FAULT_SEED=1 make …         the moments of an earlier run
 *
 * Full disks need file systems of their own, so the tests run in a mount namespace if one is
 * available.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { addCounts, closeSuite, type Counts, runDenoTests } from "../support/deno_tests.ts";
import { writeCrashProofs } from "./crash_proofs_page.ts";
import { resultsTable } from "./results.ts";
import { warehouseEnvironment } from "../../scripts/servers/warehouse/environment.ts";
import { startWarehouse } from "../../scripts/servers/warehouse/mod.ts";
import { missingPrerequisite } from "../../scripts/servers/warehouse/spark/prerequisites.ts";
import { smallDiskNamespace } from "./small_disk.ts";
import { WAREHOUSE_FAULTS } from "./warehouse_faults.ts";

const IN_NAMESPACE = "FAULTS_DISKS";

const { long: isLong = false, only = "", write: isWritten = false } = parseArgs({
  options: { long: { type: "boolean" }, only: { type: "string" }, write: { type: "boolean" } },
}).values;
if (isWritten && (!isLong || only !== "")) {
  console.error("Cannot write docs/crash-proofs.md: this takes the long form, with every fault");
  Deno.exit(2);
}
Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const namespace = Deno.env.has(IN_NAMESPACE) ? undefined : await smallDiskNamespace();
if (namespace !== undefined) Deno.exit(await startWithin(namespace));
if (!Deno.env.has(IN_NAMESPACE)) {
  console.log("full disks: skipped, this needs root or user namespaces, and `unshare` and `mount`");
}
const results = await Deno.makeTempFile();
const counts = addCounts([
  await test(["tests/faults"], ["tests/faults/warehouse_test.ts"], only),
  await testOnWarehouse(),
]);
const table = await resultsTable(results);
console.log(table);
await Deno.remove(results);
if (isWritten && counts.failed === 0) await writeCrashProofs(table, counts);
closeSuite(counts);

/** The tests that need the stand-in warehouse, or one that is skipped and the reason. */
async function testOnWarehouse(): Promise<Counts> {
  const missing = await missingPrerequisite();
  if (missing !== undefined) {
    console.log(`faults of a warehouse: skipped, ${missing}\n`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  // Spark loses some memory with each statement that is broken off, until it has none left
  const names = WAREHOUSE_FAULTS.map(({ name }) => name).filter((name) => name.includes(only));
  const counts = [];
  for (const filter of isLong ? names : [only]) counts.push(await testOnOneWarehouse(filter));
  return addCounts(counts);
}

async function testOnOneWarehouse(filter: string): Promise<Counts> {
  const tell = (message: string) => console.log(`stand-in warehouse: ${message}`);
  // with Spark's own settings: as it is set for little data, it runs out of memory after many MERGEs
  await using warehouse = await startWarehouse({ tell });
  const environment = warehouseEnvironment(warehouse);
  return await test(["tests/faults/warehouse_test.ts"], [], filter, environment);
}

function test(
  paths: readonly string[],
  ignored: readonly string[],
  filter: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  const own = { FAULTS_FORM: isLong ? "long" : "short", FAULTS_RESULTS: results };
  return runDenoTests({
    paths,
    ignored,
    options: ["--no-check", ...(filter ? [`--filter=${filter}`] : [])],
    environment: { ...own, ...environment },
  });
}

/** The same program again, where it may mount. Gives its exit code. */
async function startWithin([program, ...options]: readonly string[]): Promise<number> {
  const self = [Deno.execPath(), "run", "--quiet", "-A", import.meta.filename!, ...Deno.args];
  const command = new Deno.Command(program!, {
    args: [...options, ...self],
    env: { [IN_NAMESPACE]: "true" },
    stdin: "null",
  });
  return (await command.spawn().status).code;
}
