/**
 * `make test-monitoring`: the metrics, the alert rules and the dashboard judged by Prometheus' promtool,
 * and the traces by OpenTelemetry's collector, each compiled by Go. If one cannot be installed here, its tests
 * are skipped with the reason.
 *
 *     deno task test-monitoring [FILE…]      only the tests in those files
 */
import { fileURLToPath } from "node:url";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { closeSuite, runDenoTests } from "../support/deno_tests.ts";

Deno.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const paths = Deno.args.length > 0 ? Deno.args : ["tests/monitoring"];
const server = await startPostgres();
try {
  const environment = { TEST_PG_URL: server.url() };
  const counts = await runDenoTests({ paths, environment, options: ["--no-check"] });
  await server.remove();
  closeSuite(counts);
} finally {
  await server.remove();
}
