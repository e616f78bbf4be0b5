/**
 * `make test`: format, lint, types, the binary, and then all tests that need no more than a Postgres,
 * which it starts on 127.0.0.1:55432 and stops. With TEST_PG_URL set, that server is used instead.
 *
 * With arguments it only runs the tests in those files and folders:
 *
 *     deno task test tests/platforms
 */
import { fileURLToPath } from "node:url";
import { isFree } from "../scripts/servers/free_port.ts";
import {
  DEFAULT_PORT,
  type PostgresServer,
  startPostgres,
} from "../scripts/servers/postgres/postgres_server.ts";
import { addCounts, closeSuite, type Counts, runDenoTests } from "./support/deno_tests.ts";

/** Suites of their own: each needs more than a Postgres, or more time. */
const OTHER_SUITES = ["databricks", "cluster", "vault", "faults", "fuzz"];

Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
const counts = Deno.args.length > 0
  ? [await test(Deno.args)]
  : [await checkSources(), await build(), await test(["tests"])];
closeSuite(addCounts(counts));

/** Each check counts if it fails only: what passed are the tests. */
async function checkSources(): Promise<Counts> {
  const failed = [
    await step("format", Deno.execPath(), ["fmt", "--quiet", "--check"]),
    await step("lint", Deno.execPath(), ["lint", "--quiet"]),
    await step("types", Deno.execPath(), ["check", "--quiet", "src", "scripts", "tests"]),
    await step("shell", "bash", ["scripts/check_shell.sh"]),
  ].filter((passed) => !passed).length;
  return { passed: 0, failed, skipped: 0 };
}

async function build(): Promise<Counts> {
  const passed = await step("build", Deno.execPath(), ["run", "-A", "scripts/build.ts"]);
  return { passed: 0, failed: passed ? 0 : 1, skipped: 0 };
}

async function step(name: string, program: string, args: string[]): Promise<boolean> {
  const startMs = performance.now();
  const { success } = await new Deno.Command(program, { args, stdin: "null" }).spawn().status;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${name} ... ${success ? "ok" : "FAILED"} (${seconds} s)`);
  return success;
}

async function test(paths: readonly string[]): Promise<Counts> {
  const server = Deno.env.has("TEST_PG_URL") ? undefined : await startServer();
  try {
    const environment = { TEST_PG_URL: server?.url() ?? Deno.env.get("TEST_PG_URL") ?? "" };
    const ignored = OTHER_SUITES.map((suite) => `tests/${suite}`);
    return await runDenoTests({ paths, ignored, environment, options: ["--no-check"] });
  } finally {
    await server?.remove();
  }
}

/** On the known port, or on another if that one is taken: by the tests of another checkout, say. */
async function startServer(): Promise<PostgresServer> {
  const port = isFree(DEFAULT_PORT) ? DEFAULT_PORT : 0;
  const server = await startPostgres({ port, settings: { max_connections: 200 } });
  console.log(`postgres ${server.version} (${server.source}) on 127.0.0.1:${server.port}\n`);
  return server;
}
