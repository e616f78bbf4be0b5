/** scripts/trigger.sh is `tokenize trigger`, with all that it takes. */
import assert from "node:assert/strict";
import { urnOf } from "../support/action_fixture.ts";
import { fromSource, startService } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";

const SCRIPT = new URL("../../scripts/trigger.sh", import.meta.url).pathname;
const TOKEN = "canary-trigger-token";

Deno.test("scripts/trigger.sh takes the options of the command, and the URL from the environment", async () => {
  await using database = await createTestDatabase({ customers: true });
  await using service = await startService(fromSource, {
    PG_CONN_STR: database.url,
    TRIGGER_TOKEN: TOKEN,
  });
  const urn = urnOf(`${database.name}.public.customers`);
  const dataset = ["--urn", urn, "--columns", "email"];

  const dryRun = await script({ URL: service.url }, ...dataset, "--columns", "phone", "--dry-run");
  const counted = JSON.parse(dryRun.stdout);
  assert.deepEqual([counted.dry_run, counted.updated, counted.columns], [true, 100, [
    "email",
    "phone",
  ]]);

  const batches = await script(
    { URL: "http://127.0.0.1:1" },
    ...dataset,
    `--url=${service.url}`,
    "--commit",
    "batches",
    "--output",
    "table",
  );
  assert.equal(batches.code, 0, batches.stderr);
  assert.match(batches.stdout, /updated +100/);
});

Deno.test("scripts/trigger.sh ends as the command does", async () => {
  const { code, stderr } = await script({}, "--urn", "x", "--dryrun");
  assert.equal(code, 2);
  assert.match(stderr, /--columns/);
});

async function script(env: Readonly<Record<string, string>>, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(SCRIPT, {
    args,
    env: { ...env, TRIGGER_TOKEN: TOKEN },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
