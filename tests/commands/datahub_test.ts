/** `tokenize datahub plan`, `sweep` and `status`: the real program, a real database. */
import assert from "node:assert/strict";
import { type DatahubServer, startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { until } from "../../scripts/servers/until.ts";
import { isToken, PII } from "../datahub/loop/labels.ts";
import { urnOf } from "../support/action_fixture.ts";
import { fromSource, runProgram, startService } from "../support/program.ts";
import { createTestDatabase, type TestDatabase } from "../support/test_database.ts";

interface Place extends AsyncDisposable {
  readonly datahub: DatahubServer;
  readonly database: TestDatabase;
  readonly urn: string;
  readonly env: Readonly<Record<string, string>>;
}

/** DataHub with two tagged datasets: one that is there, and one that is not. */
async function place(mode: string): Promise<Place> {
  const datahub = startDatahub();
  const database = await createTestDatabase({ customers: true });
  const urn = urnOf(`${database.name}.public.customers`);
  const missing = urnOf(`${database.name}.public.missing`);
  const { metadata } = datahub;
  metadata.addDataset(urn, ["id", "email", "phone"]);
  metadata.addDataset(missing, ["email"]);
  metadata.label({
    dataset: urn,
    column: "email",
    label: PII,
    attribution: { actor: "urn:li:corpuser:jdoe", time: 1764000000000 },
  });
  const propagated = { sourceDetail: { propagated: "true" } };
  metadata.label({ dataset: urn, column: "phone", label: PII, attribution: propagated });
  metadata.label({ dataset: missing, column: "email", label: PII });
  return {
    datahub,
    database,
    urn,
    env: {
      PG_CONN_STR: database.url,
      ALLOWED_DATASETS: urnOf(`${database.name}.public.*`),
      DATAHUB_GMS_URL: datahub.url,
      DATAHUB_GMS_TOKEN: datahub.token,
      DATAHUB_TAGS: PII,
      DATAHUB_MODE: mode,
    },
    async [Symbol.asyncDispose]() {
      await datahub[Symbol.asyncDispose]();
      await database.drop();
    },
  };
}

Deno.test("verify --tagged verifies the tagged columns of each dataset, and names what it leaves out", async () => {
  await using at = await place("run");
  const run = ["run", "--urn", at.urn, "--columns", "email", "--scrub"];
  assert.equal((await runProgram(fromSource, run, at.env)).code, 0);
  const { code, stdout, stderr } = await runProgram(fromSource, ["verify", "--tagged"], at.env);
  assert.equal(code, 1);
  const found = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const verified = found.find(({ dataset_urn }) => dataset_urn === at.urn);
  assert.equal(verified.verdict, "clean");
  assert.deepEqual(verified.columns.map(({ name }: { name: string }) => name), ["email"]);
  assert.ok(found.some(({ code }) => code === "table_not_found"));
  assert.match(stderr, /left out, since only a program tagged them: phone$/m);
  at.datahub.metadata.label({ dataset: at.urn, column: "phone", label: PII });
  const later = await runProgram(fromSource, ["verify", "--tagged"], at.env);
  const again = later.stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(again.find(({ dataset_urn }) => dataset_urn === at.urn).verdict, "not_clean");
});

Deno.test("datahub plan tells for each column why it is tagged and what would happen, and changes nothing", async () => {
  await using at = await place("run");
  const { code, stdout } = await at.database.assertUnchanged(
    "customers",
    () => runProgram(fromSource, ["datahub", "plan", "--json"], at.env),
  );
  assert.equal(code, 0);
  const { datasets } = JSON.parse(stdout);
  const customers = datasets.find(({ dataset_urn }: { dataset_urn: string }) =>
    dataset_urn === at.urn
  );
  const reason = (derived: boolean, actor: string | null, at: string | null) => [
    { label: PII, actor, at, derived },
  ];
  assert.deepEqual(customers, {
    dataset_urn: at.urn,
    state: "observed",
    rows: 100,
    downstream: [],
    problem: null,
    obstacles: [],
    columns: [
      {
        name: "email",
        approved: false,
        next: "tokenize",
        reasons: reason(false, "urn:li:corpuser:jdoe", "2025-11-24T16:00:00.000Z"),
        looks_like: { sampled: 100, forms: { email: 100 }, expected: null, fitting: null },
      },
      {
        name: "phone",
        approved: false,
        next: "approve",
        reasons: reason(true, null, null),
        looks_like: { sampled: 100, forms: { phone: 100 }, expected: null, fitting: null },
      },
    ],
  });
  const sent = at.datahub.requests.filter(({ body }) => body.includes('"mutation'));
  assert.deepEqual(sent, [], "a plan reports nothing");
  const [other] = datasets.filter((each: unknown) => each !== customers);
  assert.deepEqual([other.state, other.problem.code], ["refused", "table_not_found"]);
  assert.deepEqual(other.obstacles, [other.problem]);
});

Deno.test("datahub plan names all that stands in the way of a dataset, where a run names the first", async () => {
  await using at = await place("run");
  await at.database.sql.unsafe(`alter table customers alter email type varchar(30),
    add constraint no_tokens check (email not like 'tok%')`);
  const { stdout } = await runProgram(fromSource, ["datahub", "plan", "--json"], at.env);
  const { datasets } = JSON.parse(stdout);
  const customers = datasets.find((each: { dataset_urn: string }) => each.dataset_urn === at.urn);
  assert.deepEqual(customers.obstacles.map(({ code }: { code: string }) => code).sort(), [
    "constraint_violation",
    "value_too_long",
  ]);
  const shown = await runProgram(fromSource, ["datahub", "plan", "--output", "table"], at.env);
  const lines = shown.stdout.split("\n");
  assert.ok(lines.includes(`✗ ${at.urn}: refused`), shown.stdout);
  assert.equal(lines.filter((line) => /^ {2}✗ Cannot tokenize .*customers/.test(line)).length, 2);
});

Deno.test("datahub sweep does what the mode allows, once, and fails if a dataset could not be dealt with", async () => {
  await using at = await place("run");
  const { code, stdout } = await runProgram(fromSource, ["datahub", "sweep", "--json"], at.env);
  assert.equal(code, 1);
  const states = JSON.parse(stdout).datasets.map(({ state }: { state: string }) => state);
  assert.deepEqual(states.toSorted(), ["done", "refused"]);
  const [operation] = at.datahub.metadata.valuesOf(at.urn, "operation");
  assert.equal(operation?.numAffectedRows, 100);
  assert.ok((await at.database.valuesOf("customers", "email")).every(isToken));
  assert.ok(!(await at.database.valuesOf("customers", "phone")).some(isToken));
});

Deno.test("both need DATAHUB_GMS_URL, and say so if DataHub is away", async () => {
  await using at = await place("observe");
  for (const command of ["plan", "sweep"]) {
    const without = await runProgram(fromSource, ["datahub", command], {});
    assert.equal(without.code, 2);
    assert.match(without.stderr, /DATAHUB_GMS_URL: it must be set for datahub /);
    const env = { ...at.env, DATAHUB_GMS_URL: `http://127.0.0.1:${freePort()}` };
    const away = await runProgram(fromSource, ["datahub", command], env);
    assert.equal(away.code, 1);
    assert.match(away.stderr, /Cannot ask DataHub: the connection is refused/);
  }
});

Deno.test("datahub status tells how far a running action is, and what needs attention", async () => {
  await using at = await place("observe");
  await using service = await startService(fromSource, at.env);
  await until(() =>
    service.log().filter(({ event }) => event === "dataset_reconciled").length === 2
  );
  const args = ["datahub", "status", "--json", "--url", service.url];
  const { code, stdout } = await runProgram(fromSource, args, at.env);
  assert.equal(code, 1, "a dataset was refused");
  const { mode, events, last_sweep_datasets, refused } = JSON.parse(stdout);
  assert.deepEqual({ mode, events, last_sweep_datasets }, {
    mode: "observe",
    events: "polling",
    last_sweep_datasets: 2,
  });
  assert.equal(refused[0].code, "table_not_found");
});

Deno.test("datahub status without a running action tells the offset that DataHub has", async () => {
  await using at = await place("observe");
  const { stop, logged } = await startService(fromSource, at.env);
  await logged("datahub_sweep_finished");
  await stop("SIGTERM");
  const args = ["datahub", "status", "--json", "--url", `http://127.0.0.1:${freePort()}`];
  const { code, stdout, stderr } = await runProgram(fromSource, args, at.env);
  assert.equal(code, 1);
  assert.match(stderr, /Cannot reach the action/);
  assert.match(JSON.parse(stdout).offset_id, /^[A-Za-z0-9+/=]+$/);
});
