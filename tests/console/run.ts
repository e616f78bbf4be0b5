/**
 * `make test-console`: the console and the API's page in a real Chromium, served by the binary, with a
 * disposable Postgres. Where there is no Chromium and none can be installed, it says so and skips.
 *
 *     deno task test-console [FILES]
 */
import { fileURLToPath } from "node:url";
import { closeSuite, runDenoTests } from "../support/deno_tests.ts";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { installChromium } from "./install.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const installation = await installChromium();
if ("missing" in installation) {
  console.log(`console: skipped, ${installation.missing}\n\n0 passed, 0 failed, 1 skipped`);
  Deno.exit(0);
}
const server = await startPostgres();
try {
  const counts = await runDenoTests({
    paths: Deno.args.length > 0 ? Deno.args : ["tests/console"],
    environment: { TEST_PG_URL: server.url(), TEST_CHROMIUM: installation.program },
    options: ["--no-check"],
  });
  await server.remove();
  closeSuite(counts);
} finally {
  await server.remove();
}
