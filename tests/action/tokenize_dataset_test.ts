/** The job itself: the events that it reports, and that a defect in it leaks nothing. */
import assert from "node:assert/strict";
import { settingsReader } from "../../scripts/servers/test_keys.ts";
import { tokenizeDataset } from "../../src/action/tokenize_dataset.ts";
import type { Observation } from "../../src/observations.ts";
import type { Progress } from "../../src/platforms/platform.ts";
import { postgresPlatform } from "../../src/platforms/postgres/postgres_platform.ts";
import { parsePostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/run_options.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";

const database = await useDatabase({ customers: true });
const { openAction } = database;

Deno.test("a run reports its start, its table, each batch and its outcome, with counts", async () => {
  await using action = openAction();
  const seen: Progress[] = [];
  const onProgress = (progress: Progress) => void seen.push(progress);
  const report = await action.tokenize("public.customers", ["phone"], { onProgress });
  const events = action.observations.map(({ event }) => event);
  assert.deepEqual(events, [
    "run_started",
    "table_resolved",
    "batch_written",
    "residue_found",
    "phases_measured",
    "run_finished",
  ]);
  const last = action.observations.at(-1);
  assert.ok(last?.event === "run_finished");
  assert.deepEqual([last.updated, last.skipped, last.columns], [100, 0, ["phone"]]);
  assert.deepEqual(seen, [{ updated: 100, total: 100 }]);
  const ids = new Set(action.observations.map((each) => "runId" in each && each.runId));
  assert.deepEqual([...ids], [report.run_id]);
});

Deno.test("the SDK is created by the first run that needs it, not by one that is refused", async () => {
  let made = 0;
  const { deps } = dependencies(() => {
    made++;
    return Promise.reject(new Error("none"));
  });
  const options = { runId: "id", signal: new AbortController().signal };
  const trigger = { ...DEFAULT_RUN_OPTIONS, datasetUrn: urnOf("x.y.z"), columns: ["email"] };
  await assert.rejects(tokenizeDataset(trigger, deps, options), { code: "wrong_database" });
  assert.equal(made, 0);
  const right = { ...trigger, datasetUrn: urnOf(`${database.name}.public.customers`) };
  await assert.rejects(tokenizeDataset(right, deps, options));
  assert.equal(made, 1);
  await deps.platforms.get("postgres")!.close();
});

Deno.test("a defect is logged with its place in the code, without its message, and reported as internal", async () => {
  const { deps, observations } = dependencies(() => Promise.reject(new RangeError("canary")));
  const trigger = {
    datasetUrn: urnOf(`${database.name}.public.customers`),
    columns: ["email"],
    ...DEFAULT_RUN_OPTIONS,
  };
  const run = tokenizeDataset(trigger, deps, { runId: "id", signal: new AbortController().signal });
  await assert.rejects(run, { code: "internal" });
  await deps.platforms.get("postgres")!.close();
  const [defect, outcome] = observations.slice(-2);
  assert.ok(defect?.event === "unexpected_failure" && outcome?.event === "run_failed");
  assert.equal(defect.kind, "RangeError");
  assert.match(defect.frames[0]!, /tokenize_dataset_test\.ts/);
  assert.equal(outcome.code, "internal");
  assert.doesNotMatch(JSON.stringify(observations), /canary/);
});

function dependencies(tokenSdk: () => Promise<never>) {
  const observations: Observation[] = [];
  const settings = parsePostgresSettings(database.url, settingsReader({}));
  const platform = postgresPlatform(settings, {
    lockTimeoutMs: 5000,
    statementTimeoutMs: 60_000,
    allowTriggers: false,
  });
  const deps = {
    platforms: new Map([["postgres", platform]]),
    knownPlatforms: new Map([["postgres", "PG_CONN_STR"]]),
    allowedDatasets: undefined,
    runTimeoutMs: 600_000,
    tokenSdk,
    observe: (observation: Observation) => void observations.push(observation),
  };
  return { deps, observations };
}
