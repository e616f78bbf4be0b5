/**
 * `deno task test-actions-plugin`: `deploy/datahub/actions-plugin` in the runner of DataHub's actions
 * framework, and a disposable Postgres. If the framework cannot be installed here, the tests are skipped
 * with the reason.
 */
import { fileURLToPath } from "node:url";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { closeSuite, runDenoTests } from "../support/deno_tests.ts";
import { installPackages } from "../support/python_packages.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const environment = await installPackages({
  name: "datahub-actions",
  requirements: fileURLToPath(new URL("requirements.txt", import.meta.url)),
  hashes: false,
}).catch((error: Error) => ({ missing: error.message }));
if ("missing" in environment) {
  console.log(`actions plugin: skipped, ${environment.missing}\n\n0 passed, 0 failed, 1 skipped`);
  Deno.exit(0);
}
const server = await startPostgres();
try {
  const counts = await runDenoTests({
    paths: ["tests/actions_plugin"],
    environment: { TEST_PG_URL: server.url(), TEST_DATAHUB_ACTIONS: environment.folder },
    options: ["--no-check"],
  });
  await server.remove();
  closeSuite(counts);
} finally {
  await server.remove();
}
