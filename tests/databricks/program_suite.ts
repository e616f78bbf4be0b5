/** What must be true of any build of the program beside a warehouse. */
import assert from "node:assert/strict";
import { urnOf as postgresUrn } from "../support/action_fixture.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { hmacJwk, jwkSet } from "../../scripts/servers/test_keys.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import type { Program } from "../support/program.ts";
import { jdbcUrl } from "../../scripts/servers/warehouse/environment.ts";
import { standInOnly, urnOf, withTable } from "./place.ts";
import { runJson, serve, start } from "./program.ts";

const HUNDRED = [
  "CREATE TABLE $t (id BIGINT, name STRING, email STRING)",
  "INSERT INTO $t SELECT id, concat('canary ', id), concat('canary', id, '@example.com') " +
  "FROM range(100)",
];

export function programSuite(program: Program): void {
  standInOnly(
    `${program.name}: with DBX_SECRET_SCOPE the warehouse makes the tokens of hmac-sha256`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const key = await hmacJwk("2026a");
        await place.control.putSecret("pii", "tokenize-hmac-2026a", key.k as string);
        const keyFile = await Deno.makeTempFile();
        try {
          await Deno.writeTextFile(keyFile, jwkSet(key));
          const env = {
            DBX_JDBC_URL: place.jdbcUrl,
            DBX_SECRET_SCOPE: "pii",
            TOKEN_SDK_MODE: "hmac-sha256",
            TOKEN_KEYS_FILE: keyFile,
          };
          const [report] = await runJson(
            program,
            ["run", "--urn", table.urn, "--columns", "email"],
            env,
          );
          assert.deepEqual([report.updated, report.method], [100, "pushdown"]);
        } finally {
          await Deno.remove(keyFile);
        }
      }),
  );

  standInOnly(
    `${program.name}: one service serves both platforms`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const database = await createTestDatabase({ customers: true });
        try {
          const token = `canary-${crypto.randomUUID()}`;
          const env = {
            DBX_JDBC_URL: place.jdbcUrl,
            PG_CONN_STR: database.url,
            PORT: String(freePort()),
            TRIGGER_TOKEN: token,
          };
          await using service = await serve(program, env);
          const ready = await (await fetch(`${service.url}/readyz`)).json();
          assert.deepEqual(ready, {
            status: "ready",
            platforms: { postgres: "reachable", databricks: "reachable" },
          });

          const onPostgres = postgresUrn(`${database.name}.public.customers`);
          const trigger = (dataset_urn: string) =>
            fetch(`${service.url}/trigger`, {
              method: "POST",
              headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
              body: JSON.stringify({ dataset_urn, columns: ["email"], dry_run: true }),
            }).then((response) => response.json());
          const responses = await Promise.all([table.urn, onPostgres].map(trigger));
          assert.deepEqual(
            responses.map(({ platform, table, updated }) => [platform, table, updated]),
            [
              ["databricks", table.name, 100],
              ["postgres", `${database.name}.public.customers`, 100],
            ],
          );
          const unknown = await trigger(table.urn.replace("databricks", "snowflake"));
          assert.equal(unknown.code, "unsupported_platform");
          assert.match(unknown.detail, /postgres, databricks/);

          const results = await runJson(program, [
            "smoke",
            "--urn",
            table.urn,
            "--columns",
            "email,name",
            "--urn",
            onPostgres,
            "--columns",
            "email,phone",
          ], env);
          assert.deepEqual(
            results.map(({ dataset_urn, runs, fault }) => [
              dataset_urn,
              // deno-lint-ignore no-explicit-any -- of the JSON that it prints
              runs.map(({ report }: any) => [report.updated, report.skipped]),
              fault,
            ]),
            [table.urn, onPostgres].map((urn) => [urn, [[100, 0], [0, 100]], undefined]),
          );
        } finally {
          await database.drop();
        }
      }),
  );

  standInOnly(
    `${program.name}: run makes the tokens in the client, and scrubs`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const args = ["run", "--urn", table.urn, "--columns", "email", "--scrub"];
        const env = { DBX_JDBC_URL: place.jdbcUrl, PUSHDOWN: "false" };
        const [report] = await runJson(program, args, env);
        assert.deepEqual([report.updated, report.skipped, report.method], [100, 0, "client"]);
        const requests = await place.control.requests();
        assert.ok(requests.some(({ statement }) => /^VACUUM\b/.test(statement ?? "")));
        const states = report.residue.map(({ place, state }: Record<string, string>) =>
          `${place}: ${state}`
        );
        assert.ok(states.includes("history: remains"), states.join());
      }),
  );

  standInOnly(
    `${program.name}: SIGTERM cancels the statement and closes the session`,
    (place) =>
      withTable(place, HUNDRED, async (table) => {
        const id = await place.control.addFault({
          action: { kind: "keep_pending" },
          methods: ["GetOperationStatus"],
          statement: "^UPDATE",
          times: "always",
        });
        const args = ["run", "--urn", table.urn, "--columns", "email"];
        await using running = start(program, args, { DBX_JDBC_URL: place.jdbcUrl });
        await place.control.waitForHits(id, 1, 60_000);
        running.signal("SIGTERM");
        const { code, stdout } = await running.ended;
        const problem = JSON.parse(stdout);
        assert.deepEqual([code, problem.code], [143, "shutting_down"]);
        assert.match(
          problem.detail,
          /; whether the last write was done is not known, (0|100) are left: run it again/,
        );
        const requests = await place.control.requests();
        const cancelled = requests.find(({ method }) => method === "CancelOperation");
        assert.match(cancelled?.statement ?? "", /^UPDATE/);
        assert.equal(requests.at(-1)?.method, "CloseSession");
      }),
  );

  standInOnly(
    `${program.name}: the sandbox reaches the warehouse, and the token endpoint`,
    async (place) => {
      const { address } = place.control;
      const principal = `jdbc:databricks://${address.host}:${address.ports.warehouse};` +
        `httpPath=${address.httpPath};AuthMech=11;Auth_Flow=1;OAuth2ClientId=${address.oauthClientId};` +
        `OAuth2Secret=${address.oauthClientSecret};` +
        `OAuth2TokenEndpoint=https://${address.host}:${address.ports.tokens}/oidc/v1/token`;
      const own = { PORT: "8099" };
      const hosts = async (url: string) => {
        const [printed] = await runJson(program, ["permissions", "--json"], {
          ...own,
          DBX_JDBC_URL: url,
        });
        return printed.net.map(({ host }: { host: string }) => host);
      };
      const warehouse = `${address.host}:${address.ports.warehouse}`;
      assert.deepEqual(await hosts(jdbcUrl(address)), ["127.0.0.1:8099", warehouse]);
      assert.deepEqual(await hosts(principal), [
        "127.0.0.1:8099",
        warehouse,
        `${address.host}:${address.ports.tokens}`,
      ]);
      const args = ["run", "--urn", urnOf("a.b.c"), "--columns", "v", "--json"];
      // the token is had from its own endpoint, and lets the program in
      await assert.rejects(runJson(program, args, { DBX_JDBC_URL: principal }), /table_not_found/);
    },
  );
}
