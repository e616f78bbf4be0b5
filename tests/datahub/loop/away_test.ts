/** DataHub is away, old, slow, forgetful or talks nonsense. */
import assert from "node:assert/strict";
import { until } from "../../../scripts/servers/until.ts";
import { stateUrn } from "../../../src/datahub/gms/consumer_state.ts";
import { encodeOffset } from "../../../scripts/servers/datahub/events_api.ts";
import { SILENT_REPORTER } from "../../../src/datahub/report/reporter.ts";
import { type OpenedLoop, openLoop } from "./open_loop.ts";

const EVENTS = /events\/poll/;
const STATE = stateUrn({ consumer: "tokenize-action", resource: "state" });

function storedOffset({ datahub }: Pick<OpenedLoop, "datahub">): string | undefined {
  const info = datahub.metadata.entities.get(STATE)?.platformResourceInfo;
  const { blob } = (info?.value ?? {}) as { blob?: string };
  return blob === undefined ? undefined : JSON.parse(blob).offset_id;
}

/** As DataHub's own event source stores it. */
function store({ datahub }: Pick<OpenedLoop, "datahub">, offsetId: string): void {
  const blob = JSON.stringify({ VERSION: 1, offset_id: offsetId, timestamp: 1764000000 });
  datahub.metadata.entityOf(STATE).platformResourceInfo = {
    resourceType: "eventConsumerState",
    primaryKey: "urn:li:dataHubAction:tokenize-action",
    value: { blob, contentType: "JSON", schemaType: "JSON", schemaRef: "EventConsumerState@1" },
  };
}

Deno.test("the first start stores the end of the events before it sweeps", async () => {
  await using opened = await openLoop({
    before: ({ datahub }) => datahub.metadata.emit({ entityUrn: "urn:li:tag:x" }),
  });
  await opened.untilObserved("datahub_sweep_finished");
  assert.equal(storedOffset(opened), encodeOffset(1));
  const asked = opened.datahub.requests.map(({ method, path }) => `${method} ${path}`);
  const stored = asked.findIndex((each) => each.startsWith("POST /openapi/v3/entity/platform"));
  const swept = asked.findIndex((each) => each.startsWith("POST /api/graphql"));
  assert.ok(0 < stored && stored < swept, asked.join("\n"));
});

Deno.test("a start goes on at the stored offset, and takes what came meanwhile", async () => {
  await using opened = await openLoop({
    reporter: SILENT_REPORTER,
    before(place) {
      store(place, encodeOffset(0));
      place.datahub.faults.order(/graphql/, { kind: "status", status: 503 }); // no sweep finds it
      place.tag({ column: "email" });
    },
  });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  await until(() => storedOffset(opened) === encodeOffset(1), "the offset is not stored");
});

Deno.test("the offset is stored only when the datasets before it were dealt with", async () => {
  await using opened = await openLoop();
  await opened.untilObserved("datahub_sweep_finished");
  await using locked = opened.database.connect();
  await locked.unsafe("begin; lock table customers in access exclusive mode");
  opened.tag({ column: "email" });
  await opened.database.untilBlocked();
  opened.datahub.metadata.emit({ entityUrn: "urn:li:tag:x" });
  const polls = () => opened.datahub.requests.filter(({ path }) => EVENTS.test(path)).length;
  const before = polls();
  await until(() => polls() > before + 2, "polling has stopped");
  assert.equal(storedOffset(opened), encodeOffset(0));
  await locked.unsafe("commit");
  await opened.untilReconciled();
  await until(() => storedOffset(opened) === encodeOffset(2), "the offset is not stored");
});

Deno.test("an offset that DataHub does not know: on at the end, and a sweep finds the rest", async () => {
  await using opened = await openLoop({
    reporter: SILENT_REPORTER,
    before(place) {
      store(place, "bm90aGluZw==");
      place.tag({ column: "email" });
    },
  });
  await opened.untilObserved("datahub_offset_refused");
  await opened.untilObserved("datahub_sweep_started", ({ reason }) => reason === "offset_refused");
  assert.equal((await opened.untilReconciled()).outcome, "done");
  assert.equal(storedOffset(opened), encodeOffset(1));
});

Deno.test("an offset that the server only fails of is given up, too", async () => {
  await using opened = await openLoop();
  await opened.untilObserved("datahub_sweep_finished");
  opened.datahub.faults.order(/offsetId/, { kind: "status", status: 500 });
  await opened.untilObserved("datahub_offset_refused");
  opened.datahub.faults.clear();
  opened.tag({ column: "email" });
  assert.equal((await opened.untilReconciled()).outcome, "done");
});

Deno.test("slow responses delay what is done, and change nothing about it", async () => {
  await using opened = await openLoop({
    before({ datahub, tag }) {
      datahub.faults.order(EVENTS, { kind: "slow", delayMs: 2000 }, 2);
      tag({ column: "email" });
    },
  });
  assert.equal((await opened.untilReconciled()).outcome, "done");
});

Deno.test("events that are none do not stop the others", async () => {
  await using opened = await openLoop();
  await opened.untilObserved("datahub_sweep_finished");
  const { metadata } = opened.datahub;
  metadata.emit("no JSON, canary");
  metadata.emit(JSON.stringify(["canary"]));
  metadata.emit({ entityUrn: 7, category: "TAG" });
  metadata.emit({ sourceUrn: "urn:li:x", relationshipType: "DownstreamOf" });
  opened.tag({ dataset: "urn:li:dataset:(broken", column: "email" });
  opened.tag({ column: "email" });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  const { count } = await opened.untilObserved("datahub_events_unreadable");
  assert.equal(count, 3);
});

Deno.test("the program's own tag for what is done, and tags that only begin alike, cause nothing", async () => {
  await using opened = await openLoop({ reporter: SILENT_REPORTER });
  await opened.untilObserved("datahub_sweep_finished");
  opened.tag({ column: "email", label: "urn:li:tag:Tokenized" });
  opened.tag({ column: "email", label: "urn:li:tag:PII.Email" });
  opened.tag({ column: "email", label: "urn:li:tag:pii" });
  opened.tag({ column: "phone" });
  assert.deepEqual((await opened.untilReconciled()).columns, ["phone"]);
  const reads = opened.datahub.requests.filter(({ path }) => path.includes("/entity/dataset/"));
  assert.equal(reads.length, 1);
});

Deno.test("without an Events API, sweeps do the work, and the log says so once", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_SWEEP_INTERVAL: "1s" },
    before({ datahub, tag }) {
      datahub.faults.order(EVENTS, { kind: "status", status: 404 });
      tag({ column: "email" });
    },
  });
  await opened.untilReconciled();
  assert.equal(opened.loop.status().events, "absent");
  opened.tag({ column: "phone" });
  await until(async () => (await opened.tokenized("phone")).length === 1, "phone is not tokenized");
  const said = opened.observations.filter(({ event }) => event === "datahub_events_absent");
  assert.equal(said.length, 1);
});

Deno.test("429, 5xx, a cut connection, a page of another program: it goes on when they are over", async () => {
  const faults = [
    { kind: "status", status: 429, retryAfterSeconds: 1 },
    { kind: "status", status: 500 },
    { kind: "cut" },
  ] as const;
  for (const fault of faults) {
    await using opened = await openLoop({
      before({ datahub }) {
        datahub.faults.order(EVENTS, fault, 2);
        datahub.faults.order(/graphql|dataset/, fault, 1);
      },
    });
    await opened.untilObserved("datahub_recovered");
    opened.tag({ column: "email" });
    await until(async () => (await opened.tokenized("email")).length === 1, "not tokenized");
  }
});

Deno.test("a token or privilege that is missing is said, and tried again slowly", async () => {
  for (const status of [401, 403]) {
    await using opened = await openLoop({
      before: ({ datahub }) => datahub.faults.order(/./, { kind: "status", status }),
    });
    const { fault } = await opened.untilObserved("datahub_sweep_failed");
    assert.equal(fault, status === 401 ? "unauthorized" : "forbidden");
    assert.match(opened.loop.status().problem ?? "", /DATAHUB_GMS_TOKEN|privilege/);
    assert.equal(opened.loop.status().events, "failing");
  }
});

Deno.test("a redirect is not followed: the token goes to no other server", async () => {
  const asked: string[] = [];
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.push(request.url);
      return new Response("{}");
    },
  );
  const location = `http://127.0.0.1:${other.addr.port}/`;
  await using opened = await openLoop({
    before: ({ datahub }) => datahub.faults.order(/./, { kind: "redirect", location }),
  });
  const { reason } = await opened.untilObserved("datahub_sweep_failed");
  assert.match(reason, /redirects to another address/);
  assert.deepEqual(asked, []);
});

Deno.test("a dataset that DataHub cannot be asked about has its turn again", async () => {
  await using opened = await openLoop({
    before({ datahub, tag }) {
      datahub.faults.order(/entity\/dataset\//, { kind: "html" }, 1);
      tag({ column: "email" });
    },
  });
  await opened.untilObserved("dataset_not_read");
  assert.equal(opened.loop.status().failed[0]?.dataset_urn, opened.urn);
  await opened.untilReconciled();
  assert.deepEqual(await opened.tokenized("email"), ["email"]);
  assert.deepEqual(opened.loop.status().failed, []);
});
