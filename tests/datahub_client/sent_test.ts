/** What the program sends to DataHub, judged by DataHub's own schemas and by what its client sends. */
import assert from "node:assert/strict";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { openGms } from "../../src/datahub/gms/gms.ts";
import { pollEvents } from "../../src/datahub/gms/poll_events.ts";
import { assertionUrn } from "../../src/datahub/report/assertion.ts";
import { profilesPlaces } from "../../src/datahub/report/profiles.ts";
import { openLoop } from "../datahub/loop/open_loop.ts";
import { judge } from "./judge.ts";

const DATASET = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const ACTOR = "urn:li:corpuser:tokenize-action";

type Aspect = Readonly<Record<string, unknown>>;

/** The aspects that a loop sent as they are, and those that DataHub makes of its GraphQL inputs. */
async function aspectsOfARun(): Promise<[name: string, aspect: Aspect][]> {
  await using opened = await openLoop({
    env: { DATAHUB_REPORT: "operation,tag,incident,property,assertion" },
    async before({ datahub, urn, database, tag }) {
      const refused = urn.replace("customers", "missing");
      datahub.metadata.addDataset(refused, ["email"]);
      tag({ dataset: refused, column: "email" });
      const holder = database.connect(); // dead rows remain: a scrub is due
      await holder.unsafe("begin isolation level repeatable read; select 1 from customers");
      tag({ column: "email" });
    },
  });
  await opened.untilReconciled();
  await opened.untilReconciled(opened.urn.replace("customers", "missing"));
  await opened.loop.close();
  const { metadata, requests } = opened.datahub;
  const stored = requests
    .filter(({ method, path }) => method === "POST" && path.includes("/entity/platformresource"))
    .flatMap(({ body }) => JSON.parse(body) as { platformResourceInfo: { value: Aspect } }[])
    .map(({ platformResourceInfo }) => platformResourceInfo.value);
  const incidents = [...metadata.entities.values()].flatMap(({ incidentInfo }) =>
    incidentInfo === undefined ? [] : [incidentInfo]
  );
  const assertion = assertionUrn(opened.urn);
  return [
    ...stored.map((each) => ["platformResourceInfo", each] as [string, Aspect]),
    ...metadata.valuesOf(opened.urn, "operation").map((each) => operationAspect(each)),
    ...incidents.map((each) => incidentAspect(each)),
    ...metadata.valuesOf(assertion, "assertionRunEvent")
      .map((each) => assertionAspect(each, assertion, opened.urn)),
  ];
}

type Entries = readonly { readonly key: string; readonly value: string }[];

function mapOf(entries: unknown): Record<string, string> {
  return Object.fromEntries((entries as Entries).map(({ key, value }) => [key, value]));
}

/** As `ReportOperationResolver.java` makes it. */
function operationAspect({ partition, customProperties, ...input }: Aspect): [string, Aspect] {
  return ["operation", {
    ...input,
    actor: ACTOR,
    lastUpdatedTimestamp: input.timestampMillis,
    customProperties: mapOf(customProperties),
    partitionSpec: { type: "PARTITION", partition },
  }];
}

/** As `RaiseIncidentResolver.java` makes it. */
function incidentAspect({ status, ...input }: Aspect): [string, Aspect] {
  const stamp = { time: 1764000000000, actor: ACTOR };
  return ["incidentInfo", {
    ...input,
    status: { ...status as Aspect, lastUpdated: stamp },
    created: stamp,
  }];
}

/** As `ReportAssertionResultResolver.java` makes it. */
function assertionAspect(
  { properties, type, timestampMillis }: Aspect,
  assertion: string,
  dataset: string,
): [string, Aspect] {
  return ["assertionRunEvent", {
    timestampMillis,
    assertionUrn: assertion,
    asserteeUrn: dataset,
    runId: String(timestampMillis),
    status: "COMPLETE",
    result: { type, nativeResults: mapOf(properties) },
  }];
}

Deno.test("every aspect that a run causes survives a round trip through DataHub's schemas", async () => {
  const aspects = await aspectsOfARun();
  const kinds = new Set(aspects.map(([name]) => name));
  assert.deepEqual(
    kinds,
    new Set(["platformResourceInfo", "operation", "incidentInfo", "assertionRunEvent"]),
  );
  const answers = await judge(
    aspects.map(([aspect, value]) => ({ ask: "round_trip", aspect, value })),
  );
  for (const [i, answer] of answers.entries()) {
    const [name, value] = aspects[i]!;
    assert.notEqual(answer, null, `${name} is invalid: ${JSON.stringify(value)}`);
    const sent = Object.keys(value).map((key) => [key, (answer as Aspect)[key]]); // without defaults
    assert.deepEqual(withoutUnions(Object.fromEntries(sent)), withoutUnions(value), name);
  }
});

Deno.test("the judge notices an aspect that is wrong", async () => {
  const right = {
    timestampMillis: 1,
    lastUpdatedTimestamp: 1,
    operationType: "CUSTOM",
    customOperationType: "TOKENIZE",
  };
  const ask = (value: Aspect) => ({ ask: "round_trip", aspect: "operation", value });
  const [same, wrong, unknown] = await judge([
    ask(right),
    ask({ ...right, operationType: "TOKENIZE" }),
    ask({ ...right, values: "canary" }),
  ]) as [Aspect, null, Aspect];
  assert.equal(same.customOperationType, "TOKENIZE");
  assert.equal(wrong, null);
  assert.equal("values" in unknown, false);
});

/** Without the wrapping of unions by type. */
function withoutUnions(aspect: unknown): unknown {
  return JSON.parse(JSON.stringify(aspect, (_key, value) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    const [[name, inner] = [], another] = Object.entries(value);
    return another === undefined && name?.startsWith("com.linkedin.") ? inner : value;
  }));
}

Deno.test("polls and deletions are the requests that DataHub's client sends", async () => {
  await using datahub = startDatahub();
  const { url, token, requests } = datahub;
  const gms = openGms({ url, token });
  const client = { server: url, token };
  const begin = requests.length;
  await pollEvents(gms, { offsetId: undefined, limit: 1, waitSeconds: 1 });
  await profilesPlaces(DATASET, { gms, purgeProfiles: true, observe() {} });
  const own = requests.slice(begin);
  const middle = requests.length;
  await judge([
    { ask: "consume", ...client, pipeline: "a" },
    { ask: "delete_profiles", ...client, urn: DATASET },
  ]);
  const theirs = requests.slice(middle);
  for (
    const [pattern, leftOut] of [[/events\/poll/, ["limit", "offsetId"]], [
      /action=delete/,
      [],
    ]] as const
  ) {
    const mine = shapeOf(own.find(({ path }) => pattern.test(path))!, leftOut);
    const other = shapeOf(theirs.find(({ path }) => pattern.test(path))!, leftOut);
    assert.deepEqual(mine, other);
  }
});

/** Method, path and the names of what is sent, with the values of all that has no time. */
function shapeOf(
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: string },
  leftOut: readonly string[],
) {
  const { pathname, searchParams } = new URL(path, "http://gms");
  const names = [...searchParams.keys()].filter((name) => !leftOut.includes(name)).sort();
  const sent: Record<string, unknown> = body === "" ? {} : JSON.parse(body);
  const { endTimeMillis, ...rest } = sent;
  return {
    method,
    pathname,
    names,
    topic: searchParams.get("topic"),
    rest,
    timed: typeof endTimeMillis,
  };
}
