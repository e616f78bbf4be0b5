/** Nothing but the warehouse is ever contacted: not by the driver, and not for a redirect. */
import assert from "node:assert/strict";
import { fromSource } from "../support/program.ts";
import { makeTestCertificates } from "../../scripts/servers/test_certificates.ts";
import { standInOnly, urnOf, withTable } from "./place.ts";
import { runJson, start } from "./program.ts";

standInOnly(
  "a run only connects to the warehouse",
  (place) =>
    withTable(
      place,
      ["CREATE TABLE $t (v STRING)", "INSERT INTO $t VALUES ('x')"],
      async (table) => {
        const audit = await Deno.makeTempFile({ prefix: "audit-" });
        try {
          const args = ["run", "--urn", table.urn, "--columns", "v"];
          const env = { DBX_JDBC_URL: place.jdbcUrl, DENO_AUDIT_PERMISSIONS: audit };
          const [report] = await runJson(fromSource, args, env);
          assert.equal(report.updated, 1);
          const asked = (await Deno.readTextFile(audit)).trim().split("\n")
            .map((line) => JSON.parse(line) as { permission: string; value: string | null })
            .filter(({ permission, value }) => permission === "net" && value !== null)
            .map(({ value }) => new URL(/^\w+:\/\//.test(value!) ? value! : `tcp://${value}`).host);
          const { host, ports } = place.control.address;
          assert.deepEqual([...new Set(asked)], [`${host}:${ports.warehouse}`]);
        } finally {
          await Deno.remove(audit);
        }
      },
    ),
);

Deno.test("a redirect of the warehouse is not followed with the token", async () => {
  const dir = await Deno.makeTempDir({ prefix: "redirect-" });
  const { caFile, certFile, keyFile } = await makeTestCertificates(dir);
  let connections = 0;
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of other) {
      connections++;
      connection.close();
    }
  })();
  let requests = 0;
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
    onListen: () => {},
  }, () => {
    requests++;
    const location = `https://localhost:${other.addr.port}/elsewhere`;
    return new Response(null, { status: 307, headers: { location } });
  });
  try {
    const url = `jdbc:databricks://localhost:${server.addr.port};httpPath=/x;PWD=dapi-canary`;
    const args = ["run", "--urn", urnOf("a.b.c"), "--columns", "v"];
    await using running = start(fromSource, args, { DBX_JDBC_URL: url, DENO_CERT: caFile });
    const { code, stdout } = await running.ended;
    assert.equal(code, 1);
    assert.equal(JSON.parse(stdout).code, "database_unreachable");
    assert.match(JSON.parse(stdout).detail, /HTTP 307/);
    assert.equal(requests, 1);
    assert.equal(connections, 0);
  } finally {
    other.close();
    await accepting.catch(() => {});
    await server.shutdown();
    await Deno.remove(dir, { recursive: true });
  }
});
