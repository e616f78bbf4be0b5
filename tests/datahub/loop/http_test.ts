/** What the HTTP API has to do with DataHub: events that are handed over, how the loop is, /readyz. */
import assert from "node:assert/strict";
import { changeEvent } from "../../../scripts/servers/datahub/metadata.ts";
import { until } from "../../../scripts/servers/until.ts";
import { openApi } from "../../http/action_api.ts";
import { PII } from "./labels.ts";
import { openLoop, type OpenLoopOptions } from "./open_loop.ts";

const TOKEN = "0123456789abcdef";
const headers = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };

/** The loop without events of its own, and the API in front of it. */
async function openBoth(options: OpenLoopOptions = {}) {
  const opened = await openLoop({
    ...options,
    before(place) {
      place.datahub.faults.order(/events\/poll/, { kind: "status", status: 404 });
      options.before?.(place);
    },
  });
  await opened.untilObserved("datahub_sweep_finished");
  const api = openApi({ PG_CONN_STR: opened.database.url, TRIGGER_TOKEN: TOKEN }, opened.loop);
  const post = (body: unknown) =>
    api.send("POST", "/datahub/events", { headers, body: JSON.stringify(body) });
  return {
    opened,
    api,
    post,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]();
    },
  };
}

Deno.test("an event that is handed over makes its dataset due, and the caller does not wait", async () => {
  await using both = await openBoth();
  const { opened, post } = both;
  opened.tag({ column: "email" });
  const event = changeEvent("ADD", { dataset: opened.urn, column: "email", label: PII });
  const { status, json } = await post(event);
  assert.deepEqual([status, json], [202, { accepted: 1 }]);
  assert.equal((await opened.untilReconciled()).outcome, "done");
});

Deno.test("a list is taken as a whole, and what is about something else is not counted", async () => {
  await using both = await openBoth();
  const { opened, post } = both;
  const change = { dataset: opened.urn, column: "email", label: PII };
  const events = [
    changeEvent("ADD", change),
    changeEvent("REMOVE", change),
    changeEvent("ADD", { ...change, label: "urn:li:tag:Tokenized" }),
    { entityUrn: opened.urn, category: "OWNER", operation: "ADD" },
  ];
  const { status, json } = await post(events);
  assert.deepEqual([status, json], [202, { accepted: 2 }]);
  assert.equal((await opened.untilReconciled()).outcome, "untagged");
});

Deno.test("a body that is no event is refused, and not quoted", async () => {
  await using both = await openBoth();
  for (const body of ["canary", 1, null, {}, [1], [{ entityUrn: "canary" }]]) {
    const { status, json } = await both.post(body);
    assert.deepEqual([status, json.code], [400, "invalid_request"]);
  }
});

Deno.test("events and status need the token", async () => {
  await using both = await openBoth();
  for (const [method, path] of [["POST", "/datahub/events"], ["GET", "/datahub/status"]] as const) {
    assert.equal((await both.api.send(method, path)).status, 401);
  }
});

Deno.test("without DataHub, events are refused with the setting's name", async () => {
  await using api = openApi({});
  const { status, json } = await api.send("POST", "/datahub/events", { headers, body: "{}" });
  assert.deepEqual([status, json.code], [503, "platform_not_configured"]);
  assert.match(json.detail, /DATAHUB_GMS_URL/);
});

Deno.test("the status tells what is due, what waits and what was refused", async () => {
  await using both = await openBoth({
    mode: "approve",
    before({ tag, datahub, urn }) {
      tag({ column: "email" });
      const missing = urn.replace("customers", "missing");
      datahub.metadata.addDataset(missing, ["email"]);
      tag({ dataset: missing, column: "email" });
    },
  });
  const { opened, api } = both;
  const read = async () => (await api.send("GET", "/datahub/status", { headers })).json;
  await until(async () => {
    const { running, refused, waiting_for_approval } = await read();
    return running === 0 && refused.length === 1 && waiting_for_approval.length === 1;
  }, "not both datasets were dealt with");
  const { events, due, running, last_sweep_datasets, waiting_for_approval, refused } = await read();
  assert.deepEqual({ events, due, running, last_sweep_datasets }, {
    events: "absent",
    due: 0,
    running: 0,
    last_sweep_datasets: 2,
  });
  assert.deepEqual(waiting_for_approval, [opened.urn]);
  assert.equal(refused[0].code, "table_not_found");
});

Deno.test("DataHub counts as reachable only once it has responded", async () => {
  await using opened = await openLoop({
    before: ({ datahub }) => datahub.faults.order(/./, { kind: "slow", delayMs: 60_000 }, 3),
  });
  await using api = openApi(
    { PG_CONN_STR: opened.database.url, TRIGGER_TOKEN: TOKEN },
    opened.loop,
  );
  await until(() => opened.datahub.requests.length > 0, "DataHub was not asked");
  const { status, json } = await api.send("GET", "/readyz");
  assert.deepEqual([status, json.datahub], [200, "Cannot ask DataHub: it has not responded yet"]);
});

Deno.test("/readyz has a line for DataHub, and is not ready while a token is missing", async () => {
  await using both = await openBoth({ env: { DATAHUB_SWEEP_INTERVAL: "1s" } });
  const ready = await both.api.send("GET", "/readyz");
  assert.deepEqual([ready.status, ready.json.datahub], [200, "reachable"]);
  both.opened.datahub.faults.order(/graphql/, { kind: "status", status: 401 });
  await both.opened.untilObserved("datahub_sweep_failed");
  const { status, json } = await both.api.send("GET", "/readyz");
  assert.equal(status, 503);
  assert.match(json.datahub, /DATAHUB_GMS_TOKEN/);
});
