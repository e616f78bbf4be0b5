/**
 * `make test-datahub`: what the program sends to DataHub, and the plugin for its actions framework, judged
 * by DataHub's own Python packages, with a disposable Postgres. If these cannot be installed here, the tests
 * are skipped with the reason.
 *
 *     deno task test-datahub [FILE…]      only the tests in those files
 */
import { fileURLToPath } from "node:url";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { closeSuite, runDenoTests } from "../support/deno_tests.ts";
import { installPackages } from "../../scripts/python_packages.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const environment = await installPackages({
  name: "datahub-client",
  requirements: fileURLToPath(new URL("requirements.txt", import.meta.url)),
  hashes: true,
}).catch((error: Error) => ({ missing: error.message }));
if ("missing" in environment) {
  console.log(
    `DataHub's packages: skipped, ${environment.missing}\n\n0 passed, 0 failed, 1 skipped`,
  );
  Deno.exit(0);
}
const server = await startPostgres();
try {
  const counts = await runDenoTests({
    paths: Deno.args.length > 0 ? Deno.args : ["tests/datahub_client"],
    environment: { TEST_PG_URL: server.url(), TEST_DATAHUB_CLIENT: environment.folder },
    options: ["--no-check"],
  });
  await server.remove();
  closeSuite(counts);
} finally {
  await server.remove();
}
