/** /healthz and /readyz: whether the process is up, and which platforms can be reached. */
import assert from "node:assert/strict";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { testServerUrl } from "../support/test_database.ts";
import { openApi } from "./action_api.ts";

Deno.test("/healthz responds without connecting to a database", async () => {
  await using api = openApi({ PG_CONN_STR: "postgres://nobody@127.0.0.1:1/none" });
  const response = await api.send("GET", "/healthz");
  assert.deepEqual([response.status, response.json], [200, { status: "ok" }]);
});

Deno.test("HEAD responds like GET, without a body", async () => {
  await using api = openApi();
  for (const [path, status] of [["/healthz", 200], ["/readyz", 503], ["/openapi.json", 200]]) {
    const response = await api.send("HEAD", String(path));
    assert.deepEqual([response.status, response.json], [status, undefined]);
    assert.equal(response.headers.get("content-type"), "application/json");
  }
});

Deno.test("/readyz is not ready if no platform is configured", async () => {
  await using api = openApi();
  const response = await api.send("GET", "/readyz");
  assert.deepEqual([response.status, response.json], [503, { status: "not_ready", platforms: {} }]);
});

Deno.test("/readyz reports that the database is gone, and that it is back", async () => {
  await using server = await startPostgres();
  await using api = openApi({ PG_CONN_STR: server.url() });
  const ready = { status: "ready", platforms: { postgres: "reachable" } };
  const first = await api.send("GET", "/readyz");
  assert.deepEqual([first.status, first.json], [200, ready]);

  await server.stop("immediate");
  const gone = await api.send("GET", "/readyz");
  assert.deepEqual([gone.status, gone.json.status], [503, "not_ready"]);
  assert.match(gone.json.platforms.postgres, /^Cannot connect to Postgres: /);

  await server.start();
  const back = await api.send("GET", "/readyz");
  assert.deepEqual([back.status, back.json], [200, ready]);
});

Deno.test("/readyz says why a database cannot be used, and leaks no secret", async () => {
  const changed = (change: (url: URL) => void) => {
    const url = new URL(testServerUrl);
    change(url);
    return url.href;
  };
  const reasons: readonly (readonly [string, RegExp])[] = [
    [changed((url) => url.password = "canary-password"), /refused the user or the password/],
    [changed((url) => url.pathname = "/no_such_database"), /no database of that name/],
    [
      changed((url) => url.port = "1"),
      /nothing accepts .* host and port in PG_CONN_STR \(ECONNREFUSED\)$/,
    ],
    [changed((url) => url.search = "sslmode=verify-full"), /Cannot connect to Postgres: /],
  ];
  for (const [connectionString, reason] of reasons) {
    await using api = openApi({ PG_CONN_STR: connectionString });
    const response = await api.send("GET", "/readyz");
    assert.equal(response.status, 503);
    assert.match(response.json.platforms.postgres, reason);
    assert.doesNotMatch(JSON.stringify(response.json), /canary|postgres:postgres/);
  }
});

Deno.test("/readyz gives up on a database that accepts connections and never responds", async () => {
  const mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of mute) accepted.push(connection);
  })();
  await using api = openApi({
    PG_CONN_STR: `postgres://u:p@127.0.0.1:${mute.addr.port}/d?connect_timeout=1`,
  });
  const responses = await Promise.all([api.send("GET", "/readyz"), api.send("GET", "/readyz")]);
  for (const response of responses) {
    assert.equal(response.status, 503);
    assert.match(response.json.platforms.postgres, /no response within 1 s$/);
  }
  mute.close();
  await accepting.catch(() => {});
  for (const connection of accepted) connection.close();
  assert.equal(accepted.length, 1, "two who ask at once cause one attempt");
});
