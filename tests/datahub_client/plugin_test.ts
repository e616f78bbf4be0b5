/** `deploy/datahub/actions-plugin` in the runner of DataHub's actions framework. */
import assert from "node:assert/strict";
import { changeEvent } from "../../scripts/servers/datahub/metadata.ts";
import { until } from "../../scripts/servers/until.ts";
import { follow } from "../datahub/loop/follow.ts";
import { PII } from "../datahub/loop/labels.ts";
import { installPlugin, startRunner } from "./runner.ts";

const plugin = await installPlugin();
globalThis.addEventListener("unload", () => Deno.removeSync(`${plugin}/..`, { recursive: true }));

const TOKEN = "canary-0123456789abcdef";
const DATASET = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.prénom,PROD)";
const EVENT = changeEvent("ADD", { dataset: DATASET, column: "email", label: PII });

/** A request that the receiver got. */
interface Received {
  readonly authorization: string | null;
  readonly events: readonly Record<string, unknown>[];
}

/** A server in the place of the action, which responds with these statuses, the last one for ever. */
function startReceiver(
  statuses: readonly number[],
  respond?: (events: Received["events"]) => number,
) {
  const received: Received[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const events = await request.json();
    received.push({ authorization: request.headers.get("authorization"), events });
    const status = respond?.(events) ?? statuses[Math.min(received.length, statuses.length) - 1];
    const headers = { location: "http://127.0.0.1:9/elsewhere" };
    return new Response(null, { status, headers });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return { received, url, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("a column whose tag the runner hands over is tokenized, though DataHub has no Events API", async () => {
  const env = { TRIGGER_TOKEN: TOKEN, DATAHUB_SWEEP_INTERVAL: "1d" };
  await using followed = await follow({
    env,
    before: (datahub) => datahub.faults.order(/events\/poll/, { kind: "status", status: 404 }),
  });
  await followed.untilLogged("datahub_sweep_finished");
  const { datahub, urn: dataset, service } = followed;
  datahub.metadata.label({ dataset, column: "email", label: PII });
  const events = [changeEvent("ADD", { dataset, column: "email", label: PII })];
  await using runner = await startRunner(plugin, {
    events,
    config: { url: service.url, token: "${TRIGGER_TOKEN:-" + TOKEN + "}" },
  });
  await followed.untilTokenized("email");
  await runner.stop();
  assert.doesNotMatch(runner.output(), /canary/);
});

Deno.test("events arrive as DataHub writes them, with their parameters and any letters", async () => {
  await using receiver = startReceiver([202]);
  await using runner = await startRunner(plugin, {
    events: [EVENT],
    config: { url: `${receiver.url}/`, token: TOKEN },
  });
  await until(() => receiver.received.length > 0, runner.output());
  const [{ authorization, events }] = receiver.received as [Received];
  assert.equal(authorization, `Bearer ${TOKEN}`);
  const [{ entityUrn, category, operation, modifier, parameters }] = events as [typeof EVENT];
  assert.deepEqual({ entityUrn, category, operation, modifier, parameters }, {
    entityUrn: EVENT.entityUrn,
    category: "TAG",
    operation: "ADD",
    modifier: PII,
    parameters: EVENT.parameters,
  });
});

Deno.test("what is refused for a while is sent again, and what waits meanwhile goes along", async () => {
  await using receiver = startReceiver([503, 429, 202]);
  await using runner = await startRunner(plugin, {
    events: Array.from({ length: 250 }, () => EVENT),
    config: { url: receiver.url },
  });
  const delivered = () =>
    receiver.received.slice(2).reduce((sum, { events }) => sum + events.length, 0);
  await until(() => delivered() === 250, runner.output());
  assert.ok(receiver.received.every(({ events }) => events.length <= 100));
});

Deno.test("attempts end, and the drop is in the log without anything of the event or the token", async () => {
  await using receiver = startReceiver([503]);
  await using runner = await startRunner(plugin, {
    events: [EVENT],
    config: { url: receiver.url, token: TOKEN, attempts: 2 },
  });
  await runner.untilPrinted(/Events dropped: 1, at attempt 2: HTTP 503/);
  assert.equal(receiver.received.length, 2);
  await runner.stop();
  assert.doesNotMatch(runner.output(), /canary|prénom/);
});

Deno.test("what trying again cannot change is dropped at once: a wrong token, a redirect", async () => {
  for (const status of [401, 307]) {
    await using receiver = startReceiver([status]);
    await using runner = await startRunner(plugin, {
      events: [EVENT],
      config: { url: receiver.url, token: TOKEN },
    });
    await runner.untilPrinted(new RegExp(`Events dropped: 1, at attempt 1: HTTP ${status}`));
    assert.equal(receiver.received.length, 1);
  }
});

Deno.test("an event that the action does not take is dropped alone", async () => {
  const poison = changeEvent("ADD", { dataset: DATASET, column: "poison", label: PII });
  const isPoison = (events: Received["events"]) =>
    events.some(({ entityUrn }) => entityUrn === poison.entityUrn);
  await using receiver = startReceiver([], (events) => isPoison(events) ? 400 : 202);
  const events = Array.from({ length: 20 }, (_, i) => i === 7 ? poison : EVENT);
  await using runner = await startRunner(plugin, { events, config: { url: receiver.url } });
  await runner.untilPrinted(/Events dropped: 1, at attempt 1: HTTP 400/);
  const taken = () =>
    receiver.received.filter(({ events }) => !isPoison(events))
      .reduce((sum, { events }) => sum + events.length, 0);
  await until(() => taken() === 19, runner.output());
});

Deno.test("the runner never waits: a full queue drops events, and so does the end", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
    await released;
    return new Response(null, { status: 202 });
  });
  await using runner = await startRunner(plugin, {
    events: Array.from({ length: 50 }, () => EVENT),
    config: { url: `http://127.0.0.1:${server.addr.port}`, queue_size: 10, close_seconds: 0.1 },
  });
  await runner.untilPrinted(/The queue is full: events are dropped/);
  await runner.untilPrinted(/is now running/);
  await runner.stop();
  assert.match(runner.output(), /"success_count": 50/);
  assert.match(runner.output(), /Events dropped at the end: \d+/);
  release();
  await server.shutdown();
});

Deno.test("a wrong key or URL stops the runner with its name", async () => {
  for (const config of [{ url: "action:8080" }, { url: "http://a", tokn: "canary" }, {}]) {
    await using runner = await startRunner(plugin, { events: [], config });
    await runner.untilPrinted(/\burl\b|\btokn\b/);
    assert.doesNotMatch(runner.output(), /success_count|canary/);
  }
});
