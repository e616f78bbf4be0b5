/**
 * `make test-databricks`: starts one stand-in warehouse, runs every test in this folder on it, and
 * always stops it. If the stand-in cannot run here, its tests are skipped with the reason.
 *
 * Tests that a real warehouse can pass too run there as well when DBX_TEST_JDBC_URL names one: the
 * variable reaches them as it is.
 *
 * With arguments it only runs the tests in those files and folders:
 *
 *     deno task test-databricks tests/databricks/oauth_test.ts
 */
import { fileURLToPath } from "node:url";
import { closingLine, type Counts, runDenoTests } from "../support/deno_tests.ts";
import { listProcesses } from "../../scripts/servers/processes.ts";
import { installOpenBao } from "../../scripts/servers/openbao/install.ts";
import { warehouseEnvironment } from "../../scripts/servers/warehouse/environment.ts";
import { interruption } from "../../scripts/servers/warehouse/interruption.ts";
import { startWarehouse } from "../../scripts/servers/warehouse/mod.ts";
import { missingPrerequisite } from "../../scripts/servers/warehouse/spark/prerequisites.ts";

const INTERRUPTED = 130;

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const signal = interruption();
signal.addEventListener("abort", () => void endChildren());
const counts = await run();
if (signal.aborted) Deno.exit(INTERRUPTED);
console.log(`\n${closingLine(counts)}`);
Deno.exit(counts.failed === 0 ? 0 : 1);

async function run(): Promise<Counts> {
  console.log(
    Deno.env.get("DBX_TEST_JDBC_URL")
      ? "real warehouse: the one that DBX_TEST_JDBC_URL names"
      : "real warehouse: skipped, DBX_TEST_JDBC_URL is not set",
  );
  const missing = await missingPrerequisite();
  if (missing !== undefined) {
    console.log(`stand-in warehouse: skipped, ${missing}\n`);
    return await test({});
  }
  try {
    await using warehouse = await startWarehouse({ tell, signal, isForLittleData: true });
    tell(`ready at ${warehouse.address.host}:${warehouse.address.ports.warehouse}\n`);
    return await test({ ...warehouseEnvironment(warehouse), ...await vaultEnvironment() });
  } catch (error) {
    if (!signal.aborted) console.error((error as Error).message);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** One SDK needs a server of its own. */
async function vaultEnvironment(): Promise<Record<string, string>> {
  const installation = await installOpenBao();
  if ("program" in installation) return { TEST_BAO: installation.program };
  console.log(`vault-transit: skipped, ${installation.missing}\n`);
  return {};
}

function test(environment: Record<string, string>): Promise<Counts> {
  const paths = Deno.args.length > 0 ? Deno.args : ["tests/databricks"];
  return runDenoTests({ paths, environment, options: ["--no-check"] });
}

function tell(message: string): void {
  console.log(`stand-in warehouse: ${message}`);
}

/** A signal that reached this process alone has to reach the tests too. */
async function endChildren(): Promise<void> {
  for (const { pid, parentPid } of await listProcesses()) {
    if (parentPid === Deno.pid) Deno.kill(pid, "SIGTERM");
  }
}
