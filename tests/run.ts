/**
 * `make test`: the checks of the sources, the binary, and then all tests that need no more than a
 * Postgres, which it starts on 127.0.0.1:55432 and stops. It is of the newest version; beside it, the
 * tests that are about Postgres run on the older ones. With TEST_PG_URL set, that server is used
 * instead.
 *
 *     deno task test tests/platforms                  only the tests in those files and folders
 *     PG_VERSION=12 deno task test                    only those about Postgres, on that version
 *     PG_VERSION=12 deno task test tests/platforms    both
 *     deno task ok                      the checks, and the tests that need no server and no binary
 */
import { fileURLToPath } from "node:url";
import { checkSources, runStep } from "../scripts/check.ts";
import { isFree } from "../scripts/servers/free_port.ts";
import { NEWEST_VERSION, whyNotEmbedded } from "../scripts/servers/postgres/embedded_postgres.ts";
import {
  type PostgresWish,
  SHARED_BIN_DIR,
} from "../scripts/servers/postgres/postgres_binaries.ts";
import {
  DEFAULT_PORT,
  type PostgresServer,
  startPostgres,
} from "../scripts/servers/postgres/postgres_server.ts";
import { OLDEST_VERSION } from "../src/platforms/postgres/connection/server_version.ts";
import {
  addCounts,
  closeSuite,
  type Counts,
  runDenoTests,
  type TestRun,
} from "./support/deno_tests.ts";
import { quickTests } from "./support/quick_tests.ts";

/** Suites of their own: each needs more than a Postgres, or more time. */
const OTHER_SUITES = [
  "databricks",
  "cluster",
  "vault",
  "faults",
  "fuzz",
  "datahub_client",
  "console",
  "manifests",
  "monitoring",
];

const ignored = OTHER_SUITES.map((suite) => `tests/${suite}`);

/** What is about Postgres. It runs whole on the newest version and on the oldest. */
const ABOUT_POSTGRES = ["tests/platforms/postgres", "tests/deploy/grants_test.ts"];

/** What runs on the versions between: what depends most on the catalog, and on what VACUUM reports. */
const PART_ABOUT_POSTGRES = [
  "tests/platforms/postgres/constraints_test.ts",
  "tests/platforms/postgres/dry_run_test.ts",
  "tests/platforms/postgres/residue_test.ts",
  "tests/platforms/postgres/rewrite_test.ts",
  "tests/platforms/postgres/rights_test.ts",
  "tests/platforms/postgres/self_keys_test.ts",
  "tests/platforms/postgres/tables_test.ts",
  "tests/platforms/postgres/tokens_in_sql_test.ts",
  "tests/deploy/grants_test.ts",
];

/** What follows the older versions instead of running beside them, so that both sides take as long. */
const AFTER_OLDER_VERSIONS = ["tests/binary", "tests/commands"];

const settings = { max_connections: 200 };

const wantedVersion = Deno.env.get("PG_VERSION");
const givenUrl = Deno.env.get("TEST_PG_URL");

Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
closeSuite(addCounts(await run()));

async function run(): Promise<Counts[]> {
  if (Deno.args[0] === "--quick") return [await check(), await testQuickly()];
  if (Deno.args.length > 0) return [await test(Deno.args)];
  if (wantedVersion !== undefined) return [await test(ABOUT_POSTGRES)];
  const before = [await check(), await build()];
  if (givenUrl !== undefined) return [...before, await test(["tests"])];
  const first = test(["tests"], { left: AFTER_OLDER_VERSIONS });
  return [...before, ...await Promise.all([first, testOlderVersionsAndProgram()])];
}

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

/** Runs tests, but for those left to others, on the given server, or on one that it starts. */
async function test(
  paths: readonly string[],
  { left = [], ...shown }: { left?: readonly string[]; heading?: string } = {},
): Promise<Counts> {
  const run = { paths, ignored: [...ignored, ...left], options: ["--no-check"], ...shown };
  if (givenUrl !== undefined) return await runDenoTests(run);
  const version = Number(wantedVersion ?? NEWEST_VERSION);
  const server = await startServer({ version }).catch((error: Error) => {
    if (wantedVersion !== undefined) throw error;
    console.log(`${error.message}\nso any version has to do`);
    return startServer({});
  });
  console.log(`${nameOf(server)} on 127.0.0.1:${server.port}\n`);
  return await testOn(server, run);
}

/** Runs tests on the versions from the oldest on, one after the other, and those of the program on the newest. */
async function testOlderVersionsAndProgram(): Promise<Counts> {
  const counts: Counts[] = [];
  for (let version = OLDEST_VERSION; version < NEWEST_VERSION; version++) {
    const paths = version === OLDEST_VERSION ? ABOUT_POSTGRES : PART_ABOUT_POSTGRES;
    counts.push(await testOnVersion(version, paths));
  }
  counts.push(await test(AFTER_OLDER_VERSIONS, { heading: "The program" }));
  return addCounts(counts);
}

async function testOnVersion(version: number, paths: readonly string[]): Promise<Counts> {
  const server = await startPostgres({ version, settings }).catch((error: Error) => error);
  if (!(server instanceof Error)) {
    return await testOn(server, { paths, options: ["--no-check"], heading: nameOf(server) });
  }
  const whyNot = whyNotEmbedded(version);
  console.log(whyNot === undefined ? server.message : `skipped: ${whyNot}`);
  return { passed: 0, failed: whyNot === undefined ? 1 : 0, skipped: whyNot === undefined ? 0 : 1 };
}

/** Runs tests on that server, of which their own ones are of the same version, and removes it. */
async function testOn(server: PostgresServer, run: TestRun): Promise<Counts> {
  await using _server = server;
  const environment = { TEST_PG_URL: server.url(), [SHARED_BIN_DIR]: server.binDir };
  return await runDenoTests({ ...run, environment });
}

function nameOf({ version, source }: PostgresServer): string {
  return `PostgreSQL ${version} (${source})`;
}

/** On the known port, or on another if that one is taken: by the tests of another checkout, say. */
async function startServer(wish: PostgresWish): Promise<PostgresServer> {
  const options = { ...wish, settings };
  if (!isFree(DEFAULT_PORT)) return await startPostgres(options);
  return await startPostgres({ ...options, port: DEFAULT_PORT })
    .catch(() => startPostgres(options)); // another took it in between
}
