/**
 * `make test`: the checks of the sources, the binary, and then all tests that need no more than a
 * Postgres, which it starts on 127.0.0.1:55432 and stops. With TEST_PG_URL set, that server is used
 * instead.
 *
 *     deno task test tests/platforms    only the tests in those files and folders
 *     deno task ok                      the checks, and the tests that need no server and no binary
 */
import { fileURLToPath } from "node:url";
import { checkSources, runStep } from "../scripts/check.ts";
import { isFree } from "../scripts/servers/free_port.ts";
import {
  DEFAULT_PORT,
  type PostgresServer,
  startPostgres,
} from "../scripts/servers/postgres/postgres_server.ts";
import { SHARED_BIN_DIR } from "../scripts/servers/postgres/postgres_binaries.ts";
import { addCounts, closeSuite, type Counts, runDenoTests } from "./support/deno_tests.ts";
import { quickTests } from "./support/quick_tests.ts";

/** Suites of their own: each needs more than a Postgres, or more time. */
const OTHER_SUITES = ["databricks", "cluster", "vault", "faults", "fuzz"];

const ignored = OTHER_SUITES.map((suite) => `tests/${suite}`);

Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
const counts = Deno.args[0] === "--quick"
  ? [await check(), await testQuickly()]
  : Deno.args.length > 0
  ? [await test(Deno.args)]
  : [await check(), await build(), await test(["tests"])];
closeSuite(addCounts(counts));

/** Each check counts if it fails only: what passed are the tests. */
async function check(): Promise<Counts> {
  return { passed: 0, failed: await checkSources(), skipped: 0 };
}

async function build(): Promise<Counts> {
  const passed = await runStep("build", Deno.execPath(), ["run", "-A", "scripts/build.ts"]);
  return { passed: 0, failed: passed ? 0 : 1, skipped: 0 };
}

async function testQuickly(): Promise<Counts> {
  const options = ["--no-check", "--quiet", "--parallel"];
  return await runDenoTests({ paths: await quickTests(ignored), options });
}

async function test(paths: readonly string[]): Promise<Counts> {
  const server = Deno.env.has("TEST_PG_URL") ? undefined : await startServer();
  try {
    const environment: Record<string, string> = server === undefined
      ? {}
      : { TEST_PG_URL: server.url(), [SHARED_BIN_DIR]: server.binDir };
    return await runDenoTests({ paths, ignored, environment, options: ["--no-check"] });
  } finally {
    await server?.remove();
  }
}

/** On the known port, or on another if that one is taken: by the tests of another checkout, say. */
async function startServer(): Promise<PostgresServer> {
  const version = Deno.env.has("PG_VERSION") ? Number(Deno.env.get("PG_VERSION")) : undefined;
  const options = { ...version && { version }, settings: { max_connections: 200 } };
  const server = await startPostgres({ ...options, port: isFree(DEFAULT_PORT) ? DEFAULT_PORT : 0 })
    .catch(() => startPostgres(options));
  console.log(`postgres ${server.version} (${server.source}) on 127.0.0.1:${server.port}\n`);
  return server;
}
