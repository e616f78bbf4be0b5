/** The privileges that are needed, which are missing, and the policies that grant them. */
import assert from "node:assert/strict";
import { GraphQLInputObjectType, validateInputValue } from "graphql";
import { readSchema } from "../../../scripts/servers/datahub/graphql_api.ts";
import { until } from "../../../scripts/servers/until.ts";
import { neededPrivileges } from "../../../src/datahub/report/needed_privileges.ts";
import { REPORT_KINDS } from "../../../src/datahub/settings.ts";
import { openLoop } from "../loop/open_loop.ts";

const policies: readonly {
  readonly type: string;
  readonly state: string;
  readonly privileges: readonly string[];
  readonly resources?: unknown;
}[] = JSON.parse(
  await Deno.readTextFile(new URL("../../../deploy/datahub/policy.json", import.meta.url)),
);

Deno.test("a start says which privileges are missing, until they are granted", async () => {
  await using opened = await openLoop({
    mode: "observe",
    env: { DATAHUB_SWEEP_INTERVAL: "1s" },
    before({ datahub, tag }) {
      for (const name of ["EDIT_ENTITY", "EDIT_ENTITY_INCIDENTS", "GET_PLATFORM_EVENTS"]) {
        datahub.metadata.privileges.delete(name);
      }
      tag({ column: "email" });
    },
  });
  const { missing } = await opened.untilObserved("datahub_privileges_missing");
  assert.deepEqual(missing.split("; "), [
    "GET_PLATFORM_EVENTS on the platform, for events",
    'EDIT_ENTITY_INCIDENTS on datasets, for reports of the kind "incident"',
  ]);
  await opened.untilObserved("datahub_sweep_started", ({ reason }) => reason === "interval");
  const logged = opened.observations.filter(({ event }) => event === "datahub_privileges_missing");
  assert.equal(logged.length, 1, "it is logged once");
  opened.datahub.metadata.privileges.add("EDIT_ENTITY_INCIDENTS").add("GET_PLATFORM_EVENTS");
  await until(() => opened.loop.status().problem === null, "the problem is still there");
});

Deno.test("a user that may view nothing is warned that tags look absent", async () => {
  await using opened = await openLoop({
    before({ datahub, tag }) {
      for (const name of ["VIEW_ENTITY_PAGE", "EDIT_ENTITY", "DELETE_ENTITY"]) {
        datahub.metadata.privileges.delete(name);
      }
      tag({ column: "email" });
    },
  });
  const { missing } = await opened.untilObserved("datahub_privileges_missing");
  assert.match(missing, /VIEW_ENTITY_PAGE on urn:li:tag:PII, which looks absent otherwise/);
});

Deno.test("a DataHub that does not tell privileges is followed all the same", async () => {
  await using opened = await openLoop({
    before({ datahub, tag }) {
      datahub.metadata.hidesPrivileges = true;
      tag({ column: "email" });
    },
  });
  await opened.untilObserved("datahub_privileges_not_checked");
  assert.equal((await opened.untilReconciled()).outcome, "done");
});

Deno.test("each policy is one that DataHub's GraphQL takes", async () => {
  const schema = await readSchema("newer");
  const type = schema.getType("PolicyUpdateInput");
  assert.ok(type instanceof GraphQLInputObjectType);
  const faults: string[] = [];
  for (const policy of policies) {
    validateInputValue(policy, type, ({ message }) => void faults.push(message));
  }
  assert.deepEqual(faults, []);
});

Deno.test("the policies grant what is needed, and nothing else", () => {
  const settings = {
    gms: { url: "http://gms", token: undefined },
    tags: ["urn:li:tag:PII"],
    terms: ["urn:li:glossaryTerm:PII"],
    termGroups: [],
    mode: "approve",
    approvalTag: "urn:li:tag:approved",
    doneTag: "urn:li:tag:Tokenized",
    sweepIntervalMs: 1,
    consumer: "c",
    report: REPORT_KINDS,
    purgeProfiles: true,
    poll: { timeoutMs: 1, pauseMs: 1, limit: 1 },
  } as const;
  const sample = {
    datasetUrn: "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c,PROD)",
    column: "email",
  };
  const facts = { sample, createsTag: true, createsProperties: true };
  const needed = neededPrivileges(settings, facts).map(({ anyOf: [narrowest] }) => narrowest!);
  const ownState = "EDIT_ENTITY"; // nobody can be asked about it
  assert.deepEqual(
    new Set(policies.flatMap(({ privileges }) => privileges)),
    new Set([...needed, ownState]),
  );
});
