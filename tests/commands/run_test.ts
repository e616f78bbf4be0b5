/** `tokenize run`, called as the worker calls it. */
import assert from "node:assert/strict";
import { settingsReader } from "../../scripts/servers/test_keys.ts";
import { runOnce } from "../../src/commands/run.ts";
import { parsePostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import { postgresPlatform } from "../../src/platforms/postgres/postgres_platform.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/run_options.ts";
import { dummySdk, urnOf, useDatabase } from "../support/action_fixture.ts";

const database = await useDatabase({ customers: true });

Deno.test("a signal that came before the run began ends it all the same", async () => {
  const settings = parsePostgresSettings(database.url, settingsReader({}));
  const limits = { lockTimeoutMs: 5000, statementTimeoutMs: 60_000 };
  const platform = postgresPlatform(settings, { ...limits, allowTriggers: false });
  const events: string[] = [];
  const deps = {
    platforms: new Map([[platform.name, platform]]),
    knownPlatforms: new Map(),
    allowedDatasets: undefined,
    tokenSdk: () => Promise.resolve(dummySdk),
    runTimeoutMs: 60_000,
    observe: ({ event }: { readonly event: string }) => void events.push(event),
    hasSaidFailure: () => false,
  };
  const urn = urnOf(`${database.name}.public.customers`);
  const command = {
    dataset: { urn, columns: ["email"] },
    options: DEFAULT_RUN_OPTIONS,
    quiet: true,
    json: false,
  };
  await database.assertUnchanged("customers", async () => {
    assert.equal(
      await runOnce(
        command,
        { maxQueuedRuns: 1, history: undefined, log: { level: "info", format: "json" } },
        deps,
        AbortSignal.abort("SIGTERM"),
      ),
      143,
    );
  });
  assert.deepEqual(events, ["run_ending", "run_started", "phases_measured", "run_failed"]);
});
