/**
 * `make test-vault`: the token SDK `vault-transit` against real OpenBao servers, which the tests in
 * this folder start and stop, and a disposable Postgres. If OpenBao cannot run here, the tests are skipped with the reason.
 *
 *     deno task test-vault [FILES]
 */
import { fileURLToPath } from "node:url";
import { closeSuite, runDenoTests } from "../support/deno_tests.ts";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { installOpenBao } from "../../scripts/servers/openbao/install.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const installation = await installOpenBao();
if ("missing" in installation) {
  console.log(`OpenBao: skipped, ${installation.missing}\n\n0 passed, 0 failed, 1 skipped`);
  Deno.exit(0);
}
const server = await startPostgres();
try {
  const counts = await runDenoTests({
    paths: Deno.args.length > 0 ? Deno.args : ["tests/vault"],
    environment: { TEST_PG_URL: server.url(), TEST_BAO: installation.program },
    options: ["--no-check"],
  });
  await server.remove();
  closeSuite(counts);
} finally {
  await server.remove();
}
