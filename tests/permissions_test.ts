/** What the sandbox is given: worked out from the configuration, for each command. */
import assert from "node:assert/strict";
import { loadConfig } from "../src/config.ts";
import { isHost } from "../src/host_name.ts";
import type { Job } from "../src/jobs.ts";
import { hostGrants, isGrantable, workerPermissions } from "../src/permissions.ts";

function hosts(job: Job, environment: Readonly<Record<string, string>> = {}): string[] {
  const variable = (name: string) => environment[name] || undefined;
  const config = loadConfig({ variable, file: () => "", isTerminal: false });
  return hostGrants(job, config).map(({ host }) => host);
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

Deno.test("the sandbox has no permission but the network, and of that no more than the list", () => {
  const permissions = workerPermissions([{ host: "h:1", why: "x" }]);
  assert.deepEqual(permissions, {
    net: ["h:1"],
    ...{ env: false, read: false, write: false, run: false, ffi: false, sys: false, import: false },
  });
  assert.deepEqual(workerPermissions([]).net, []); // true, or leaving it out, would be all of it
});

Deno.test("a grant names one host, and never a pattern", () => {
  const good = ["localhost", "db", "my_db", "db-1.internal", "db.internal.", "10.0.0.1", "::1"];
  const bad = [
    "",
    "*",
    "*.internal",
    "a b",
    "a/b",
    "a@b",
    "a..b",
    ".a",
    "ä",
    "[::1]",
    ":",
    "::1%eth0",
  ];
  for (const host of good) assert.ok(isHost(host), host);
  for (const host of bad) assert.ok(!isHost(host), host);
  for (const host of ["db:1", "[::1]:1"]) assert.ok(isGrantable({ host, why: "" }), host);
  for (const host of ["*:1", "a b:1", "[::1%eth0]:1"]) assert.ok(!isGrantable({ host, why: "" }));
});
