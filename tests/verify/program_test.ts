/** `tokenize verify` and `tokenize restore` as they are typed: exit codes, receipts, and what leaks. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify as checkSignature } from "node:crypto";
import { hmacJwk, jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import { preAuthEncoding } from "../../src/receipts/dsse.ts";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { assertLeaksNothing } from "../support/assertions.ts";
import { type Ended, fromSource, runProgram, spawnProgram } from "../support/program.ts";
import { startFreezingProxy } from "../support/freezing_proxy.ts";
import { until } from "../../scripts/servers/until.ts";

const database = await useDatabase();
const { sql } = database;
const dir = await Deno.makeTempDir({ prefix: "verify-test-" });
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
await Deno.writeTextFile(`${dir}/receipt.key`, pem, { mode: 0o600 });
const keys = jwkSet(await sivJwk("2026a"), await hmacJwk("2026h"));
await Deno.writeTextFile(`${dir}/keys.json`, keys, { mode: 0o600 });
await sql`create table people (id int primary key, email text, phone text)`;
await sql`insert into people select i, 'canary' || i, null from generate_series(1, 40) i`;
const URN = urnOf(`${database.name}.public.people`);
const DATASET = ["--urn", URN, "--columns", "email"];
const AES: Readonly<Record<string, string>> = {
  PG_CONN_STR: database.url,
  TOKEN_SDK_MODE: "aes-siv",
  TOKEN_KEYS_FILE: `${dir}/keys.json`,
};

Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));

async function tokenize(args: readonly string[], env = AES): Promise<Ended> {
  const ended = await runProgram(fromSource, args, env);
  assertLeaksNothing([ended.stdout, ended.stderr], args[0]!, [pem]);
  return ended;
}

Deno.test("verify exits with 1 before a run, and with 0 after it was scrubbed", async () => {
  const before = await tokenize(["verify", ...DATASET]);
  assert.equal(before.code, 1);
  assert.equal(JSON.parse(before.stdout).verdict, "not_clean");
  assert.equal((await tokenize(["run", ...DATASET, "--scrub"])).code, 0);
  const after = await tokenize(["verify", ...DATASET]);
  assert.deepEqual([after.code, JSON.parse(after.stdout).verdict], [0, "clean"]);
  const table = await tokenize(["verify", ...DATASET, "--output", "table"]);
  assert.match(table.stdout, /^verdict +✓ clean$/m);
  assert.match(table.stdout, /^email +40 tokens of aes-siv with key 2026a \(opened\)$/m);
});

Deno.test("a receipt is signed, says what was found, and replaces an earlier one", async () => {
  const file = `${dir}/receipt.jsonl`;
  await Deno.writeTextFile(file, "an earlier one, and longer than what comes\n".repeat(500));
  const env = { ...AES, RECEIPT_KEY_FILE: `${dir}/receipt.key` };
  const { code, stdout } = await tokenize(["verify", ...DATASET, "--receipt", file], env);
  assert.equal(code, 0);
  const text = await Deno.readTextFile(file);
  assertLeaksNothing(text, "the receipt", [pem]);
  assert.equal(text.indexOf("\n"), text.length - 1);
  const { payload, payloadType, signatures } = JSON.parse(text);
  const content = Uint8Array.fromBase64(payload);
  const signature = Uint8Array.fromBase64(signatures[0].sig);
  const key = createPublicKey(publicKey.export({ type: "spki", format: "pem" }));
  assert.ok(checkSignature(null, preAuthEncoding(payloadType, content), key, signature));
  const statement = JSON.parse(new TextDecoder().decode(content));
  assert.equal(statement.subject[0].name, URN);
  assert.equal(statement.predicateType, "urn:tokenize-action:verification:v1");
  const { verifier, ...found } = statement.predicate;
  assert.equal(verifier.name, "tokenize-action");
  assert.deepEqual(found, JSON.parse(stdout));
});

Deno.test("a receipt that cannot be written ends the command before it begins", async () => {
  const { code, stderr, stdout } = await tokenize([
    "verify",
    ...DATASET,
    "--receipt",
    `${dir}/nowhere/receipt`,
  ]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^tokenize: Cannot write the receipt to ".*": there is no such folder$/m);
});

Deno.test("several datasets are verified, and each must be clean", async () => {
  await sql`create table others (email text)`;
  await sql`insert into others values ('canary')`;
  const other = ["--urn", urnOf(`${database.name}.public.others`), "--columns", "email"];
  const { code, stdout } = await tokenize(["verify", ...DATASET, ...other]);
  assert.equal(code, 1);
  const verdicts = stdout.trim().split("\n").map((line) => JSON.parse(line).verdict);
  assert.deepEqual(verdicts, ["clean", "not_clean"]);
  const file = `${dir}/plan.yaml`;
  const listed = [URN, other[1]!].map((urn) => `  - urn: ${urn}\n    columns: [email]\n`);
  await Deno.writeTextFile(file, `datasets:\n${listed.join("")}`);
  assert.deepEqual((await tokenize(["verify", "-f", file])).stdout.match(/"verdict":"\w+"/g), [
    '"verdict":"clean"',
    '"verdict":"not_clean"',
  ]);
});

Deno.test("wrong usage of verify exits with 2", async () => {
  for (
    const [args, reason] of [
      [["verify"], /either --urn and --columns are needed, or --file, or --tagged/],
      [["verify", ...DATASET, "--tagged"], /or --tagged/],
      [["verify", "--tagged"], /^tokenize: DATAHUB_GMS_URL: it must be set for --tagged$/m],
      [["verify", "--urn", "nonsense", "--columns", "a"], /invalid_urn/],
    ] as const
  ) {
    const { code, stderr } = await tokenize(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, reason);
  }
});

Deno.test("a signal ends a verification", async () => {
  const { hostname, port } = new URL(database.url);
  using proxy = startFreezingProxy({ hostname, port: Number(port) });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  await using running = spawnProgram(fromSource, ["verify", ...DATASET], {
    ...AES,
    PG_CONN_STR: url.href,
  });
  await until(() => running.log().some(({ event }) => event === "verification_started"));
  proxy.freeze();
  await running.stop("SIGINT");
  assert.equal((await running.ended).code, 130);
});

Deno.test("restore is off unless it is allowed, and refused for one-way SDKs", async () => {
  const off = await tokenize(["restore", ...DATASET]);
  assert.equal(off.code, 2);
  assert.match(off.stderr, /^tokenize: ALLOW_DETOKENIZE: it must be true/m);
  const env = { ...AES, ALLOW_DETOKENIZE: "true", TOKEN_SDK_MODE: "hmac-sha256" };
  const oneWay = await tokenize(["restore", ...DATASET], env);
  assert.equal(oneWay.code, 2);
  assert.match(oneWay.stderr, /^tokenize: TOKEN_SDK_MODE: the tokens of this SDK are one-way/m);
});

Deno.test("restore puts the values back, and says how many", async () => {
  const env = { ...AES, ALLOW_DETOKENIZE: "true" };
  const dry = await tokenize(["restore", ...DATASET, "--dry-run", "--output", "table"], env);
  assert.match(dry.stdout, /^would restore +40 rows$/m);
  const { code, stdout } = await tokenize(["restore", ...DATASET, "--output", "table"], env);
  assert.equal(code, 0);
  assert.match(stdout, /^restored +40 rows$/m);
  assert.doesNotMatch(stdout, /old values elsewhere/);
  assert.equal((await database.valuesOf("people", "email"))[6], "canary7");
  assert.equal((await tokenize(["verify", ...DATASET])).code, 1);
});
