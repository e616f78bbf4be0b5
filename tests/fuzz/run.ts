/**
 * `make test-fuzz`: the HTTP API, fuzzed by Schemathesis from its own OpenAPI document: the binary, a
 * disposable Postgres, and the tests in this folder. Where there is no Python, it says so and skips.
 *
 *     deno task test-fuzz [EXAMPLES]      how many cases for each operation; 200 by default
 */
import { fileURLToPath } from "node:url";
import { closeSuite, runDenoTests } from "../support/deno_tests.ts";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { installSchemathesis } from "./install.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const installation = await installSchemathesis();
if ("missing" in installation) {
  console.log(`fuzzing: skipped, ${installation.missing}\n\n0 passed, 0 failed, 1 skipped`);
  Deno.exit(0);
}
const server = await startPostgres();
try {
  const environment = {
    TEST_PG_URL: server.url(),
    TEST_SCHEMATHESIS: installation.program,
    TEST_EXAMPLES: Deno.args[0] ?? "200",
  };
  const counts = await runDenoTests({
    paths: ["tests/fuzz"],
    environment,
    options: ["--no-check"],
  });
  await server.remove();
  closeSuite(counts);
} finally {
  await server.remove();
}
