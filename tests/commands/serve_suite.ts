/** `tokenize serve` over real sockets: what tests of the API within one process cannot see. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { type Program, type Service, startService } from "../support/program.ts";

/** What must be true of any build of the program. */
export async function serveSuite(program: Program): Promise<void> {
  const database = await useDatabase({ customers: true });
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const dataset_urn = urnOf(`${database.name}.public.customers`);

  test("two triggers on the seeded table update 100 rows, then 0", async () => {
    const token = { TRIGGER_TOKEN: `canary-${crypto.randomUUID()}` };
    await using service = await startService(program, { PG_CONN_STR: database.url, ...token });
    const ready = await service.send("GET", "/readyz");
    assert.deepEqual([ready.status, ready.json.platforms], [200, { postgres: "reachable" }]);
    const body = { dataset_urn, columns: ["email", "phone"] };
    const counts = [];
    for (let i = 0; i < 2; i++) {
      const { status, json } = await service.trigger(body);
      counts.push([status, json.updated, json.skipped]);
    }
    assert.deepEqual(counts, [[200, 100, 0], [200, 0, 100]]);
    const stranger = await post(service, JSON.stringify(body));
    assert.deepEqual([stranger.status, stranger.json.code], [401, "unauthorized"]);
  });

  test("a body over one mebibyte is refused, with or without Content-Length", async () => {
    await using service = await startService(program);
    const large = new Uint8Array(8 * 1024 * 1024).fill(32);
    const stream = () => new Blob([large]).stream();
    for (const body of [large, stream()]) {
      const response = await post(service, body);
      assert.deepEqual([response.status, response.json.code], [413, "body_too_large"]);
    }
    assert.equal((await service.send("GET", "/healthz")).status, 200);
  });

  test("malformed or broken HTTP causes neither a 500 nor a defect in the log", async () => {
    await using service = await startService(program);
    const head = `POST /trigger HTTP/1.1\r\nHost: localhost:${service.port}\r\n` +
      "Content-Type: application/json\r\n";
    const responses = await Promise.all([
      raw(service, "\x16\x03\x01\r\n\r\n"),
      raw(service, `${head}Content-Length: canary\r\n\r\n{}`),
      raw(service, `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}`),
      raw(service, `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
      raw(service, `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(600_000)}\r\n\r\n`),
      raw(service, `GET /canary HTTP/1.1\r\nHost: a b [\r\nConnection: close\r\n\r\n`),
      raw(service, `GET /healthz HTTP/1.0\r\n\r\n`),
    ]);
    const statuses = responses.map((response) => Number(response.split(" ")[1]));
    assert.deepEqual(statuses, [400, 400, 400, 414, 431, 400, 200]);
    for (
      const body of ["Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"]
    ) {
      await raw(service, head + body, "and hang up");
    }
    assert.equal((await service.send("GET", "/healthz")).status, 200);
    const { code } = await service.stop("SIGTERM");
    assert.equal(code, 0);
    const defects = service.log().filter(({ event }) => event === "unexpected_failure");
    assert.deepEqual(defects, []);
  });

  test("a page whose host name resolves to this machine cannot trigger a run, and probes work", async () => {
    await using service = await startService(program, { PG_CONN_STR: database.url });
    const body = JSON.stringify({ dataset_urn, columns: ["email"], dry_run: true });
    const post = (host: string) =>
      raw(
        service,
        `POST /trigger HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
          `Connection: close\r\n\r\n${body}`,
      );
    assert.match(
      await post(`attacker.example:${service.port}`),
      /^HTTP\/1.1 403 .*"permission_denied"/s,
    );
    assert.match(await post(`localhost:${service.port}`), /^HTTP\/1.1 200 .*"updated":/s);
    const probe = "GET /healthz HTTP/1.1\r\nHost: 10.0.0.7:8080\r\nConnection: close\r\n\r\n";
    assert.match(await raw(service, probe), /^HTTP\/1.1 200 /);
  });

  test("a caller that disconnects does not end its run", async () => {
    await using service = await startService(program, { PG_CONN_STR: database.url });
    await using holder = database.connect();
    await holder`begin`;
    await holder`lock table customers in share row exclusive mode`;
    const hangUp = new AbortController();
    const body = JSON.stringify({ dataset_urn, columns: ["name"] });
    const lost = assert.rejects(post(service, body, hangUp.signal));
    await service.logged("run_started");
    hangUp.abort();
    await lost;
    await holder`commit`;
    const { updated } = await service.logged("run_finished");
    assert.equal(updated, 100);
  });

  test("runs on different tables work at the same time, and a second run on one table is refused", async () => {
    const tables = ["one", "two", "three", "four"];
    for (const name of tables) {
      await database.sql`create table ${database.sql(name)} as select 'canary' as v, n
        from generate_series(1, 5000) as n`;
    }
    await using service = await startService(program, { PG_CONN_STR: database.url });
    const responses = await Promise.all(
      tables.map((name) =>
        service.trigger({ dataset_urn: urnOf(`${database.name}.public.${name}`), columns: ["v"] })
      ),
    );
    assert.deepEqual(responses.map(({ json }) => json.updated), [5000, 5000, 5000, 5000]);
    const runIds = new Set(responses.map(({ json }) => json.run_id));
    assert.equal(runIds.size, 4);
  });
}

async function post(service: Service, body: BodyInit, signal?: AbortSignal) {
  const headers = { "content-type": "application/json" };
  return await service.send("POST", "/trigger", { headers, body, ...(signal && { signal }) });
}

/** Sends these bytes, and reads what comes until the end, or hangs up. */
async function raw(service: Service, text: string, then = "read"): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: service.port });
  const writer = connection.writable.getWriter();
  const sent = writer.write(new TextEncoder().encode(text)).catch(() => {}); // it may be cut off
  if (then !== "read") {
    await sent;
    return "";
  }
  let response = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  try {
    for (;;) {
      const size = await connection.read(buffer);
      if (size === null) break;
      response += decoder.decode(buffer.subarray(0, size), { stream: true });
    }
  } catch {
    // cut off, after the response
  }
  return response;
}
