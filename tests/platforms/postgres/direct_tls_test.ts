/** TLS without a request for it: `sslnegotiation=direct`, which PostgreSQL 17 and later know. */
import assert from "node:assert/strict";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { openAction } from "../../support/action_fixture.ts";
import { connect } from "../../support/test_database.ts";

const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,postgres.public.people,PROD)";

Deno.test("with sslnegotiation=direct TLS begins at once, and the certificate counts", async () => {
  await using server = await startPostgres({ source: "embedded", version: 18, tls: "required" });
  {
    await using sql = connect(server.url("postgres", { parameters: { sslmode: "require" } }));
    await sql`create table people (id int, name text)`;
  }
  const url = (host: string, sslrootcert = server.caFile!) =>
    server.url("postgres", {
      host,
      parameters: { sslmode: "verify-full", sslnegotiation: "direct", sslrootcert },
    });
  await using action = openAction(url("localhost"));
  assert.equal((await action.tokenizeUrn(URN, ["name"])).updated, 0);
  await using unknown = openAction(url("localhost", "system"));
  const error = await unknown.failsUrn("database_unreachable", URN, ["name"]);
  assert.match(error.message, /certificate is not signed by a CA/);
});

Deno.test("a server that knows no direct TLS is refused, and the error says what is needed", async () => {
  await using server = await startPostgres({ source: "embedded", version: 16, tls: "required" });
  const parameters = { sslmode: "require", sslnegotiation: "direct" };
  await using action = openAction(server.url("postgres", { parameters }));
  const error = await action.failsUrn("database_unreachable", URN, ["name"]);
  assert.match(error.message, /sslnegotiation=direct needs PostgreSQL 17 or later$/);
});
