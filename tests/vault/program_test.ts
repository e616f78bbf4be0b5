/**
 * The compiled program with `vault-transit`: its sandbox, and that neither a secret nor a value appears
 * anywhere but in the bodies of requests to Vault.
 */
import assert from "node:assert/strict";
import { openSql } from "../../scripts/servers/postgres/sql.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { compiled, type Environment, runProgram, startService } from "../support/program.ts";
import { startRelay } from "./misbehaving_relay.ts";
import { letLogIn, makeTokenVolume, startTokenReviewer } from "./token_review.ts";
import { openTransit, POLICY } from "../../scripts/servers/openbao/transit_fixture.ts";

const vault = await openTransit({ tls: true });
const plain = await openTransit();
const database = await useDatabase({ customers: true });
const { sql } = database;
Deno.test.afterAll(async () => {
  await vault.close();
  await plain.close();
});

const TRIGGER_TOKEN = "trigger-canary-token";

function environment(changes: Readonly<Record<string, string>> = {}, of = vault): Environment {
  return {
    PG_CONN_STR: database.url,
    TOKEN_SDK_MODE: "vault-transit",
    LOG_LEVEL: "debug",
    LOG_FORMAT: "json",
    ...of.variables(),
    ...changes,
  };
}

async function makeTable(name: string): Promise<string> {
  await sql.unsafe(`create table ${name} as select * from customers`);
  return urnOf(`${database.name}.public.${name}`);
}

async function tokensIn(table: string): Promise<number> {
  const [row] = await sql.unsafe(`select count(*)::int as tokens from ${table}
    where email ~ '^vault:v1:[A-Za-z0-9+/]{38,}={0,2}$'`);
  return row!.tokens;
}

Deno.test("the sandbox may reach the hosts of Vault and of the database, and nothing else", async () => {
  const { stdout, code } = await runProgram(compiled, ["permissions", "--json"], environment());
  assert.equal(code, 0);
  const hosts = JSON.parse(stdout).net.map(({ host }: { host: string }) => host);
  const postgres = new URL(database.url);
  const expected = ["8080", postgres.port, vault.server.port].map((port) => `127.0.0.1:${port}`);
  assert.deepEqual(hosts.toSorted(), expected.toSorted());
});

Deno.test("the service reaches Vault by TLS with a private CA, and the second run changes nothing", async () => {
  const dataset_urn = await makeTable("through_service");
  await using service = await startService(compiled, { ...environment(), TRIGGER_TOKEN });
  const counts = [];
  for (let time = 0; time < 2; time++) {
    const { status, json } = await service.trigger({ dataset_urn, columns: ["email", "phone"] });
    assert.equal(status, 200, JSON.stringify(json));
    counts.push([json.updated, json.skipped]);
  }
  assert.deepEqual(counts, [[100, 0], [0, 100]]);
  assert.equal(await tokensIn("through_service"), 100);
  const { code } = await service.stop("SIGTERM");
  assert.equal(code, 0);
});

Deno.test("a service in a pod logs in with the service account token as the cluster renews it", async () => {
  await using cluster = await startTokenReviewer();
  await letLogIn(vault.server, cluster, "tokenize-action", await vault.makePolicy(POLICY));
  await using volume = await makeTokenVolume(await cluster.sign("tokenize-action", -60));
  const { VAULT_TOKEN: _, ...others } = environment();
  const login = { VAULT_KUBERNETES_ROLE: "tokenize", VAULT_KUBERNETES_TOKEN_FILE: volume.file };
  const env = { ...others, ...login };

  const { stdout } = await runProgram(compiled, ["permissions", "--json"], env);
  const { read, denied } = JSON.parse(stdout);
  assert.deepEqual(read, [
    { file: volume.file, why: "token SDK (TOKEN_SDK_MODE=vault-transit)" },
  ]);
  assert.deepEqual(denied, ["env", "write", "run", "ffi", "sys", "import"]);

  const dataset_urn = await makeTable("from_a_pod");
  await using service = await startService(compiled, { ...env, TRIGGER_TOKEN });
  assert.deepEqual((await service.logged("sandbox_ready")).files, [volume.file]);
  const trigger = { dataset_urn, columns: ["email"] };
  const early = await service.trigger(trigger);
  assert.deepEqual([early.status, early.json.code], [502, "token_sdk_error"]);
  assert.match(early.json.detail, /the token in VAULT_KUBERNETES_TOKEN_FILE has expired/);
  await volume.renew(await cluster.sign("tokenize-action"));
  const { status, json } = await service.trigger(trigger);
  assert.equal(status, 200, JSON.stringify(json));
  assert.equal(json.updated, 100);
});

Deno.test("`tokenize detokenize` decrypts the tokens", async () => {
  const urn = await makeTable("read_back");
  const before = await sql`select email from read_back order by id`;
  const run = await runProgram(
    compiled,
    ["run", "--urn", urn, "--columns", "email"],
    environment(),
  );
  assert.equal(run.code, 0, run.stderr);
  const tokens = await sql`select email from read_back order by id`;
  const child = new Deno.Command(compiled.file, {
    args: ["detokenize"],
    env: { ...environment(), ALLOW_DETOKENIZE: "true" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(tokens.map(({ email }) => `${email}\n`).join("")));
  await writer.close();
  const { code, stdout } = await child.output();
  assert.equal(code, 0);
  const values = new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(values, before.map(({ email }) => email));
});

Deno.test("`tokenize rotate` moves tokens to the newest version of the key", async () => {
  const VAULT_TRANSIT_KEY = await vault.makeKey();
  const urn = await makeTable("rotated_here");
  const args = ["--urn", urn, "--columns", "email"];
  const env = environment({ VAULT_TRANSIT_KEY });
  assert.equal((await runProgram(compiled, ["run", ...args], env)).code, 0);
  await vault.server.api("POST", `transit/keys/${VAULT_TRANSIT_KEY}/rotate`);
  const rotate = ["rotate", ...args, "--from", "vault-transit"];
  const { code, stdout, stderr } = await runProgram(compiled, rotate, env);
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).updated, 100);
  const [row] =
    await sql`select count(*)::int as rows from rotated_here where email like 'vault:v2:%'`;
  assert.equal(row!.rows, 100);
});

for (const address of ["https", "http"] as const) {
  Deno.test(`no proxy of the environment is used, for ${address}`, async () => {
    const asked: string[] = [];
    const proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const listening = (async () => {
      for await (const client of proxy) {
        asked.push("once");
        client.close();
      }
    })();
    const url = `http://127.0.0.1:${proxy.addr.port}`;
    const names = [
      "HTTP_PROXY",
      "HTTPS_PROXY",
      "ALL_PROXY",
      "http_proxy",
      "https_proxy",
      "all_proxy",
    ];
    const proxies = Object.fromEntries(names.map((name) => [name, url]));
    const urn = await makeTable(`past_proxy_${address}`);
    const env = environment(
      { ...proxies, no_proxy: "example.com" },
      address === "https" ? vault : plain,
    );
    const args = ["run", "--urn", urn, "--columns", "email"];
    const { code, stderr } = await runProgram(compiled, args, env);
    proxy.close();
    await listening;
    assert.equal(code, 0, stderr);
    assert.deepEqual(asked, []);
    assert.equal(await tokensIn(`past_proxy_${address}`), 100);
  });
}

Deno.test("a wrong setting ends the program at once, and the message has no secret", async () => {
  const { code, stderr } = await runProgram(compiled, ["serve"], {
    ...environment({ VAULT_ADDR: "http://vault.example.com", VAULT_ROLE_ID: "canary-role" }),
    VAULT_CACERT: "/none",
  });
  assert.equal(code, 2);
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    "tokenize: VAULT_ADDR: http:// would send values unencrypted: use https:// except for a loopback address",
    'tokenize: VAULT_CACERT: the file "/none" does not exist',
    "tokenize: VAULT_ROLE_ID: it contradicts VAULT_TOKEN: set the variables of one login method only",
  ]);
});

Deno.test("no output has a token, secret or value, whether a run succeeds or not", async () => {
  await using postgres = await startPostgres({
    settings: { log_statement: "all", log_min_error_statement: "debug5", log_duration: true },
  });
  await using relay = startRelay(plain.server.address);
  await plain.server.api("POST", "sys/auth/approle", { type: "approle" });
  const policy = await plain.makePolicy(POLICY);
  await plain.server.api("POST", "auth/approle/role/canary", { token_policies: [policy] });
  const path = "auth/approle/role/canary";
  const roleId = (await plain.server.api("GET", `${path}/role-id`)).data.role_id;
  const secretId = (await plain.server.api("POST", `${path}/secret-id`, {})).data.secret_id;
  const { VAULT_TOKEN = "", ...rest } = plain.variables({ VAULT_ADDR: relay.address });
  await using cluster = await startTokenReviewer();
  await letLogIn(plain.server, cluster, "canary", policy);
  const jwt = await cluster.sign("canary");
  await using volume = await makeTokenVolume(jwt);
  const logins: Record<string, Environment> = {
    token: { VAULT_TOKEN },
    approle: { VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId },
    kubernetes: { VAULT_KUBERNETES_ROLE: "tokenize", VAULT_KUBERNETES_TOKEN_FILE: volume.file },
  };
  const secrets = new Set([VAULT_TOKEN, secretId, jwt]);
  const columns = ["email"];
  const said: string[] = [];

  for (const [how, login] of Object.entries(logins)) {
    const env = { ...rest, ...login, PG_CONN_STR: postgres.url(), TRIGGER_TOKEN };
    await using service = await startService(compiled, {
      ...env,
      TOKEN_SDK_MODE: "vault-transit",
      LOG_LEVEL: "debug",
      LOG_FORMAT: "json",
    });
    const dataset_urn = urnOf(`postgres.public.canaries_${how}`);
    await makeCanaries(postgres.url(), `canaries_${how}`);
    const refusals = [{ answer: 403 }, { answer: 400, json: { errors: ["canary"] } }, {
      answer: 307,
      headers: { location: "http://canary.example.com" },
    }];
    for (const refusal of refusals) {
      relay.misbehave((request) => request.path.includes("/encrypt/") ? refusal : undefined);
      const { status, json } = await service.trigger({ dataset_urn, columns });
      assert.equal(status, 502);
      assert.equal(json.code, "token_sdk_error");
      said.push(JSON.stringify(json));
    }
    relay.behave();
    const { status, json } = await service.trigger({ dataset_urn, columns });
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(json.updated, 100);
    said.push(JSON.stringify(json));
    const { stderr, stdout } = await service.stop("SIGTERM");
    said.push(stderr, stdout);
  }
  for (const { headers } of relay.requests) {
    const token = headers.get("x-vault-token");
    if (token !== null) secrets.add(token);
  }
  assert.ok(secrets.size >= 5); // the tokens that logging in gave are among them
  const values = relay.requests.map(({ body }) => body).join("");
  assert.ok(values.includes(btoa("canary1@example.com"))); // they did pass here
  said.push(await postgres.log());
  for (const text of said) {
    for (const secret of [...secrets, roleId]) assert.ok(!text.includes(secret), "a secret shows");
  }
  // the program's own words were searched for values as they came; Postgres' log may hold what the
  // test itself wrote, which never was an e-mail address
  const log = said.at(-1)!;
  assert.ok(log.includes("UPDATE"));
  assert.ok(!/canary\d+@example|Y2FuYXJ5/.test(log), "Postgres' log gives a value away");
});

/** Rows whose values stand in no statement as they are. */
async function makeCanaries(url: string, table: string): Promise<void> {
  const admin = openSql(url);
  await admin.unsafe(`create table ${table} as
    select i as id, 'canary' || i || '@' || 'example.com' as email from generate_series(1, 100) i`);
  await admin.end();
}
