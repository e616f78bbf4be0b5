/** What the sandbox is given: worked out from the configuration, for each command. */
import assert from "node:assert/strict";
import { type Config, loadConfig } from "../src/config.ts";
import type { Job } from "../src/command.ts";
import { fileGrants, hostGrants, isGrantable, workerPermissions } from "../src/sandbox/grants.ts";

type Environment = Readonly<Record<string, string>>;

function configOf(environment: Environment, file = ""): Config {
  const variable = (name: string) => environment[name] || undefined;
  return loadConfig({ variable, file: () => file, isTerminal: false });
}

function hosts(job: Job, environment: Environment = {}): string[] {
  return hostGrants(job, configOf(environment)).map(({ host }) => host);
}

const dataset = { urn: "urn", columns: ["a"] };
const how = { dryRun: false, commit: "atomic", strategy: "update", scrub: false } as const;
const PG_CONN_STR = "postgres://u:p@db.internal:6432/app";

Deno.test("serve may listen and reach the databases", () => {
  const env = { PORT: "9000", PG_CONN_STR };
  assert.deepEqual(hosts({ command: "serve" }, env), ["127.0.0.1:9000", "db.internal:6432"]);
});

Deno.test("run reaches the databases and cannot listen", () => {
  const job: Job = { command: "run", dataset, how, connections: undefined, json: true };
  assert.deepEqual(hosts(job, { PG_CONN_STR }), ["db.internal:6432"]);
  assert.deepEqual(hosts(job), []);
});

Deno.test("the commands that ask an action reach it, and not the database", () => {
  const cases = [
    ["http://127.0.0.1:8080", "127.0.0.1:8080"],
    ["http://action", "action:80"],
    ["https://action/", "action:443"],
    ["https://ACTION:8443/path", "action:8443"],
    ["http://[::1]:8080", "[::1]:8080"],
  ] as const;
  for (const [url, host] of cases) {
    const jobs: Job[] = [
      { command: "healthcheck", url },
      { command: "trigger", url, dataset, how, json: true },
      { command: "smoke", url, datasets: [dataset], json: true },
    ];
    for (const job of jobs) assert.deepEqual(hosts(job, { PG_CONN_STR }), [host]);
  }
});

Deno.test("whoever needs a token SDK that reads a file may read that file", () => {
  const config = configOf({
    TOKEN_SDK_MODE: "vault-transit",
    VAULT_ADDR: "https://v",
    VAULT_TRANSIT_KEY: "pii",
    VAULT_KUBERNETES_ROLE: "r",
    VAULT_KUBERNETES_TOKEN_FILE: "/jwt",
  }, "a.b.c");
  const files = (job: Job) => fileGrants(job, config).map(({ file }) => file);
  const url = "http://127.0.0.1:8080";
  const where = { dataset: undefined, column: undefined, json: true };
  assert.deepEqual(files({ command: "serve" }), ["/jwt"]);
  assert.deepEqual(files({ command: "detokenize", ...where }), ["/jwt"]);
  assert.deepEqual(files({ command: "healthcheck", url }), []);
  assert.deepEqual(files({ command: "trigger", url, dataset, how, json: true }), []);
  assert.deepEqual(fileGrants({ command: "serve" }, configOf({ PG_CONN_STR })), []);
});

Deno.test("the sandbox has no permission but for the lists, which are never left open", () => {
  const permissions = workerPermissions([{ host: "h:1", why: "x" }], []);
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
  assert.deepEqual(workerPermissions([], []), { ...permissions, net: [] });
  const reading = workerPermissions([], [{ file: "/jwt", why: "x" }]);
  assert.deepEqual(reading, { ...permissions, net: [], read: ["/jwt"] });
});

Deno.test("a grant names one host, and never a pattern", () => {
  for (const host of ["db:1", "[::1]:1"]) assert.ok(isGrantable({ host, why: "" }), host);
  for (const host of ["*:1", "a b:1", "[::1%eth0]:1"]) assert.ok(!isGrantable({ host, why: "" }));
});
