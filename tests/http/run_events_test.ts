/** The event stream of a run: what it says, how it goes on, and how it ends. */
import assert from "node:assert/strict";
import { until } from "../../scripts/servers/until.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { openApi, urn } from "./action_api.ts";

const database = await useDatabase();
const { sql } = database;
await sql`create table followed as
  select n as id, 'canary ' || n as v from generate_series(1, 60000) n`;
const ENV = { PG_CONN_STR: database.url, PG_LOCK_TIMEOUT_MS: "600000", PUSHDOWN: "false" };
const BODY = { dataset_urn: urn(`${database.name}.public.followed`), columns: ["v"] };
const ASYNC = { prefer: "respond-async" };

/** An event as a browser would hand it over. */
interface Event {
  readonly id: string;
  readonly event: string;
  // deno-lint-ignore no-explicit-any -- tests look into it
  readonly data: any;
}

/** Reads events one by one; comments and `retry` are left out. */
async function* readEvents(response: Response): AsyncGenerator<Event, void> {
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [id, event, data] = [field("id"), field("event"), field("data")];
      if (data !== undefined) yield { id: id!, event: event!, data: JSON.parse(data) };
    }
  }
}

Deno.test("a run is followed from the queue to its end, with its progress", async () => {
  await using api = openApi(ENV);
  const { json: { run_id: runId } } = await api.trigger({ ...BODY, commit: "batches" }, ASYNC);
  const response = await api.request(`/runs/${runId}/events`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const events = await Array.fromAsync(readEvents(response));
  const ids = events.map(({ id }) => Number(id));
  assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
  const states = events.filter(({ event }) => event === "state");
  const last = events.at(-1);
  assert.deepEqual([last?.event, last?.data.state], ["state", "succeeded"]);
  assert.equal(last?.data.report.updated, 60_000);
  assert.deepEqual(last?.data, (await api.send("GET", `/runs/${runId}`)).json);
  assert.ok(states.length >= 1);
  for (const { data } of events.filter(({ event }) => event === "progress")) {
    assert.equal(data.run_id, runId);
    assert.equal(data.total, 60_000);
  }
  assert.deepEqual(last?.data.progress.updated, 60_000);

  const over = await api.request(`/runs/${runId}/events`, {
    headers: { "last-event-id": last!.id },
  });
  assert.equal(over.status, 204, "a browser does not connect again");
  await over.body?.cancel();
  const late = await Array.fromAsync(readEvents(await api.request(`/runs/${runId}/events`)));
  assert.deepEqual(late, [last]);
});

Deno.test("a run of one statement has an estimate while it is under way, and exact figures at its end", async () => {
  const rows = 20_000;
  await sql.unsafe(`
    create table one_statement as select n as id, 'canary ' || n as v from generate_series(1, ${rows}) n;
    create function wait() returns trigger language plpgsql as $$ begin
      if new.id % 200 = 0 then perform pg_sleep(0.04); end if; return new; end $$;
    create trigger wait before update on one_statement for each row execute function wait();`);
  await using api = openApi({ ...ENV, PUSHDOWN: "true", ALLOW_TRIGGERS: "true" });
  const body = { ...BODY, dataset_urn: urn(`${database.name}.public.one_statement`) };
  const { json: { run_id: runId } } = await api.trigger(body, ASYNC);
  const events = await Array.fromAsync(readEvents(await api.request(`/runs/${runId}/events`)));
  const last = events.at(-1)!.data;
  const estimates = events.slice(0, -1).map(({ event, data }) =>
    event === "state" ? data.progress : data
  )
    .filter((progress) => progress?.estimated);
  assert.ok(estimates.length > 0, JSON.stringify(events));
  for (const { updated, total, rows_per_second, seconds_left } of estimates) {
    assert.ok(updated > 0 && updated <= total && rows_per_second > 0, JSON.stringify(events));
    assert.ok(updated === total || seconds_left > 0, JSON.stringify(events));
  }
  const { updated, skipped, total, estimated } = last.progress;
  assert.deepEqual([updated, skipped, total, estimated], [rows, 0, rows, undefined]);
});

Deno.test("a stream goes on after the last event that was received, and ends with its reader", async () => {
  await sql`create table resumed as select n as id, 'canary' as v from generate_series(1, 9) n`;
  await using api = openApi(ENV);
  await using other = database.connect();
  const body = { ...BODY, dataset_urn: urn(`${database.name}.public.resumed`) };
  await other.begin(async (locker) => {
    await locker`select from resumed where id = 1 for update`;
    const { json: { run_id: runId } } = await api.trigger(body, ASYNC);
    const path = `/runs/${runId}/events`;
    let seen: Event | undefined;
    for await (const event of readEvents(await api.request(path))) {
      seen = event;
      if (event.data.table !== null) break; // closes the stream
    }
    const resumed = readEvents(await api.request(path, { headers: { "last-event-id": seen!.id } }));
    const next = resumed.next();
    await api.send("POST", `/runs/${runId}/cancel`);
    const { value } = await next;
    assert.ok(Number(value?.id) > Number(seen!.id));
    assert.ok(value?.data.cancel_requested);
    const rest = await Array.fromAsync(resumed);
    assert.equal((rest.at(-1) ?? value)?.data.state, "cancelled");
  });
});

Deno.test("a thousand streams wait with one timer, and end when the service closes", async () => {
  await sql`create table idle as select n as id, 'canary' as v from generate_series(1, 9) n`;
  const api = openApi(ENV);
  const setTimeoutBefore = globalThis.setTimeout;
  await using other = database.connect();
  const body = { ...BODY, dataset_urn: urn(`${database.name}.public.idle`) };
  await other.begin(async (locker) => {
    await locker`select from idle where id = 1 for update`;
    const { json: { run_id: runId } } = await api.trigger(body, ASYNC);
    await until(async () => (await api.send("GET", `/runs/${runId}`)).json.table !== null);
    let timers = 0;
    const streams: AsyncGenerator<Event, void>[] = [];
    globalThis.setTimeout = ((...args: Parameters<typeof setTimeoutBefore>) => {
      timers++;
      return setTimeoutBefore(...args);
    }) as typeof globalThis.setTimeout;
    try {
      for (let i = 0; i < 1000; i++) {
        const stream = readEvents(await api.request(`/runs/${runId}/events`));
        assert.equal((await stream.next()).value?.data.state, "running");
        streams.push(stream);
      }
      const waiting = streams.map((stream) => stream.next());
      await api.runs.close();
      assert.ok((await Promise.all(waiting)).every(({ done }) => done));
    } finally {
      globalThis.setTimeout = setTimeoutBefore;
    }
    assert.ok(timers <= 2, `${timers} timers`);
    await api.registry.drain(0);
  });
  await api[Symbol.asyncDispose]();
});
