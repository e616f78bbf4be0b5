/** The offset in DataHub: the stock event source goes on where the program stopped, and the other way round. */
import assert from "node:assert/strict";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { encodeOffset } from "../../scripts/servers/datahub/events_api.ts";
import { changeEvent, type Metadata } from "../../scripts/servers/datahub/metadata.ts";
import { stateUrn } from "../../src/datahub/gms/consumer_state.ts";
import { openGms } from "../../src/datahub/gms/gms.ts";
import { offsetStore } from "../../src/datahub/gms/offset_store.ts";
import { pollEvents } from "../../src/datahub/gms/poll_events.ts";
import { PII } from "../datahub/loop/labels.ts";
import { judge } from "./judge.ts";

const DATASET = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
/** What names may hold, in the way in which they are hashed. */
const CONSUMERS = ["tokenize-action", "tökenize 字"];

function emit(metadata: Metadata, column: string): string {
  const event = changeEvent("ADD", { dataset: DATASET, column, label: PII });
  metadata.emit(event);
  return event.entityUrn;
}

for (const consumer of CONSUMERS) {
  Deno.test(`either event source goes on where the other one stopped ("${consumer}")`, async () => {
    await using datahub = startDatahub();
    const { url, token, metadata } = datahub;
    const gms = openGms({ url, token });
    const offsets = offsetStore(gms, consumer);
    const stock = { server: url, token, pipeline: consumer };
    emit(metadata, "a");
    await offsets.store(encodeOffset(1));
    const missed = [emit(metadata, "b"), emit(metadata, "c")];
    assert.deepEqual(await judge([{ ask: "consume", ...stock }]), [missed]);

    const left = await offsets.load();
    assert.equal(left?.offsetId, encodeOffset(3));
    const next = emit(metadata, "d");
    const polled = await pollEvents(gms, { offsetId: left.offsetId, limit: 10, waitSeconds: 1 });
    assert.ok(polled.kind === "events");
    assert.deepEqual(polled.payloads.map((each) => (each as { entityUrn: string }).entityUrn), [
      next,
    ]);
  });
}

Deno.test("what is stored has the name and the form of what the stock event source stores", async () => {
  await using datahub = startDatahub();
  const { url, token, metadata } = datahub;
  for (const consumer of CONSUMERS) {
    const urn = stateUrn({ consumer, resource: "state" });
    await offsetStore(openGms({ url, token }), consumer).store(encodeOffset(7));
    const own = metadata.entities.get(urn)?.platformResourceInfo;
    metadata.entities.delete(urn);
    const offset = encodeOffset(7);
    const stock = { server: url, token, pipeline: consumer };
    assert.deepEqual(await judge([{ ask: "store_offset", ...stock, offset }]), [urn]);
    const theirs = metadata.entities.get(urn)?.platformResourceInfo;
    assert.deepEqual(withoutTime(own), withoutTime(theirs));
  }
});

/** The content of the blob, without its time, in the place of the blob. */
function withoutTime(info: Record<string, unknown> | undefined) {
  const { blob, ...value } = info?.value as { readonly blob: string };
  const { timestamp, ...state } = JSON.parse(blob);
  assert.equal(typeof timestamp, "number");
  return { ...info, value, state };
}
