/** The permissions of the sandbox, computed from the configuration for each command. */
import assert from "node:assert/strict";
import { settingsSource } from "../scripts/servers/test_keys.ts";
import { type Config, loadConfig } from "../src/config.ts";
import type { Command } from "../src/command.ts";
import { DEFAULT_RUN_OPTIONS } from "../src/run_options.ts";
import { configOf as fileConfigOf } from "./config/sources.ts";
import { grantsFor, isGrantable, workerPermissions } from "../src/sandbox/grants.ts";

type Environment = Readonly<Record<string, string>>;

function configOf(environment: Environment, file = ""): Config {
  const source = { ...settingsSource(environment), file: () => file };
  const permissions = () => ({ mode: 0o600, uid: 1000 });
  return loadConfig({ ...source, permissions, isTerminal: false });
}

function hosts(command: Command, environment: Environment = {}): string[] {
  return grantsFor(command, configOf(environment)).hosts.map(({ host }) => host);
}

const dataset = { urn: "urn", columns: ["a"] };
const options = DEFAULT_RUN_OPTIONS;
const runs = [{ dataset, options }];
const requests = { runs, file: undefined, defaults: options, parallel: 1 };
const PG_CONN_STR = "postgres://u:p@db.internal:6432/app";

Deno.test("serve may listen and reach the databases", () => {
  const env = { PORT: "9000", PG_CONN_STR };
  assert.deepEqual(hosts({ name: "serve" }, env), ["127.0.0.1:9000", "db.internal:6432"]);
});

Deno.test("serve reaches DataHub, and the commands without a loop do not", () => {
  const datahub = { DATAHUB_TAGS: "urn:li:tag:PII", PG_CONN_STR };
  const cases = [
    ["http://gms.internal:8080", "gms.internal:8080"],
    ["http://gms.internal/api/gms/", "gms.internal:80"],
    ["https://[::1]", "[::1]:443"],
  ] as const;
  for (const [DATAHUB_GMS_URL, host] of cases) {
    const env = { ...datahub, DATAHUB_GMS_URL };
    assert.deepEqual(hosts({ name: "serve" }, env), ["127.0.0.1:8080", "db.internal:6432", host]);
    const command: Command = { name: "run", ...requests, yes: true, quiet: false, json: true };
    assert.deepEqual(hosts(command, env), ["db.internal:6432"]);
  }
});

Deno.test("serve reaches each connection of the configuration file, by its name", async () => {
  const config = await fileConfigOf(`connections:
  - { name: crm, platform: postgres, databases: [a, b], connection_string: "${PG_CONN_STR}" }
  - { name: lake, platform: databricks, connection_string: "jdbc:databricks://h;httpPath=/p;PWD=t" }
`);
  assert.deepEqual(grantsFor({ name: "serve" }, config).hosts.slice(1), [
    { host: "db.internal:6432", why: 'Postgres (connection "crm")' },
    { host: "h:443", why: 'Databricks warehouse (connection "lake")' },
  ]);
});

Deno.test("what keeps runs reaches the history, and history migrate nothing else", () => {
  const HISTORY_CONN_STR = "host=history.internal,2.internal user=u dbname=h";
  const history = ["history.internal:5432", "2.internal:5432"];
  const env = { PG_CONN_STR, HISTORY_CONN_STR };
  assert.deepEqual(hosts({ name: "serve" }, env).slice(2), history);
  const run: Command = { name: "run", ...requests, yes: true, quiet: false, json: true };
  assert.deepEqual(hosts(run, env), ["db.internal:6432", ...history]);
  assert.deepEqual(hosts({ name: "history migrate", json: true }, env), history);
  const [grant] = grantsFor({ name: "history migrate", json: true }, configOf(env)).hosts;
  assert.equal(grant?.why, "history (HISTORY_CONN_STR)");
});

Deno.test("run reaches the databases and cannot listen", () => {
  const command: Command = { name: "run", ...requests, yes: true, quiet: false, json: true };
  assert.deepEqual(hosts(command, { PG_CONN_STR }), ["db.internal:6432"]);
  assert.deepEqual(hosts(command), []);
});

Deno.test("the commands that call an action may reach it, and not the database", () => {
  const cases = [
    ["http://127.0.0.1:8080", "127.0.0.1:8080"],
    ["http://action", "action:80"],
    ["https://action/", "action:443"],
    ["https://ACTION:8443/path", "action:8443"],
    ["http://[::1]:8080", "[::1]:8080"],
  ] as const;
  for (const [url, host] of cases) {
    const commands: Command[] = [
      { name: "healthcheck", url },
      { name: "trigger", url, dataset, options, json: true },
      { name: "smoke", url, datasets: [dataset], json: true },
    ];
    for (const command of commands) assert.deepEqual(hosts(command, { PG_CONN_STR }), [host]);
  }
});

Deno.test("a command that needs a token SDK may read the files of that SDK", () => {
  const config = configOf({
    TOKEN_SDK_MODE: "vault-transit",
    VAULT_ADDR: "https://v",
    VAULT_TRANSIT_KEY: "pii",
    VAULT_KUBERNETES_ROLE: "r",
    VAULT_KUBERNETES_TOKEN_FILE: "/jwt",
  }, "a.b.c");
  const files = (command: Command) => grantsFor(command, config).files.map(({ file }) => file);
  const url = "http://127.0.0.1:8080";
  const where = { platform: undefined, dataset: undefined, column: undefined, json: true };
  assert.deepEqual(files({ name: "serve" }), ["/jwt"]);
  assert.deepEqual(files({ name: "detokenize", ...where }), ["/jwt"]);
  assert.deepEqual(files({ name: "healthcheck", url }), []);
  assert.deepEqual(files({ name: "trigger", url, dataset, options, json: true }), []);
  assert.deepEqual(grantsFor({ name: "serve" }, configOf({ PG_CONN_STR })).files, []);
});

Deno.test("the sandbox has only permissions from lists, and no list is left open", () => {
  const permissions = workerPermissions({ hosts: [{ host: "h:1", why: "x" }], files: [] });
  assert.deepEqual(permissions, {
    net: ["h:1"],
    env: false,
    read: false,
    write: false,
    run: false,
    ffi: false,
    sys: false,
    import: false,
  });
  // true, or leaving it out, would be all of it
  assert.deepEqual(workerPermissions({ hosts: [], files: [] }), { ...permissions, net: [] });
  const reading = workerPermissions({ hosts: [], files: [{ file: "/jwt", why: "x" }] });
  assert.deepEqual(reading, { ...permissions, net: [], read: ["/jwt"] });
});

Deno.test("a permission names one host, and never a pattern", () => {
  for (const host of ["db:1", "[::1]:1"]) assert.ok(isGrantable({ host, why: "" }), host);
  for (const host of ["*:1", "a b:1", "[::1%eth0]:1"]) assert.ok(!isGrantable({ host, why: "" }));
});
