/** Versions of the server: which are supported, and how an older one is refused. */
import assert from "node:assert/strict";
import { checkServerVersion } from "../../../src/platforms/postgres/connection/server_version.ts";
import { whyNotEmbedded } from "../../../scripts/servers/postgres/embedded_postgres.ts";
import { startPostgres } from "../../../scripts/servers/postgres/postgres_server.ts";
import { openApi } from "../../http/action_api.ts";
import { openAction } from "../../support/action_fixture.ts";
import { testUnless } from "../../support/skipping.ts";

testUnless(
  whyNotEmbedded(11),
  "PostgreSQL 11 is refused by its version, in /readyz too",
  async () => {
    await using server = await startPostgres({ version: 11 });
    await using action = openAction(server.url());
    const error = await action.fails("database_error", "public.people", ["name"]);
    const reason =
      /^Cannot connect to Postgres: the server is PostgreSQL 11\.\d+, and the oldest .* is 12$/;
    assert.match(error.message, reason);
    await using api = openApi({ PG_CONN_STR: server.url() });
    const { status, json } = await api.send("GET", "/readyz");
    assert.equal(status, 503);
    assert.match(json.platforms.postgres, reason);
  },
);

Deno.test("versions are read in every form in which servers report them", () => {
  for (const supported of ["12.0", "15.4 (Debian 15.4-1.pgdg120+1)", "18beta1", "devel", ""]) {
    checkServerVersion(supported);
  }
  for (const old of ["11.22", "9.6.24", "8.0.2", "11.2-YB-2.20.1.0-b0"]) {
    const [version] = old.split(" ");
    assert.throws(() => checkServerVersion(old), { code: "database_error" }, version);
  }
});
