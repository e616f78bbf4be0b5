/** `tokenize detokenize`, the program itself. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config.ts";
import { grantsFor } from "../../src/sandbox/grants.ts";
import { findAdapter } from "../../src/tokens/adapters.ts";
import {
  hmacJwk,
  jwkSet,
  settingsReader,
  settingsSource,
  sivJwk,
} from "../../scripts/servers/test_keys.ts";
import { fromSource, runProgram } from "../support/program.ts";

const keys = jwkSet(await sivJwk("s1"), await hmacJwk("h1"));
const keyFile = await Deno.makeTempFile({ suffix: ".json" });
await Deno.writeTextFile(keyFile, keys);
Deno.test.afterAll(() => Deno.remove(keyFile));

const place = { platform: "postgres", dataset: ["app", "public", "customers"], column: "email" };
const values = ["", "Ada", "ends in a line break\n", "静香 💌", "\uFEFFmark", '"quoted"', "\r"];

async function tokensOf(scope: string, of = values): Promise<readonly string[]> {
  const adapter = findAdapter("aes-siv")!;
  const variables = { TOKEN_KEYS_FILE: "/keys", TOKEN_CONTEXT: scope };
  const sdk = await adapter.create(
    adapter.readSettings(settingsReader(variables, { "/keys": keys })),
  );
  return await sdk.tokenize(of, place);
}

const settings = { TOKEN_SDK_MODE: "aes-siv", TOKEN_KEYS_FILE: keyFile, ALLOW_DETOKENIZE: "true" };

/** Writes to the program, and gives what it prints. */
async function detokenize(
  input: string | Uint8Array<ArrayBuffer>,
  args: readonly string[] = [],
  changes: Readonly<Record<string, string>> = {},
) {
  const env = { ...settings, ...changes };
  const { code, stdout, stderr } = await runProgram(
    fromSource,
    ["detokenize", ...args],
    env,
    input,
  );
  return { code, out: stdout, err: stderr };
}

const toLines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join("");
const fromJson = (out: string) => out.trimEnd().split("\n").map((line) => JSON.parse(line));

Deno.test("any text is read back, one JSON string a line", async () => {
  const { code, out, err } = await detokenize(toLines(await tokensOf("global")));
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(fromJson(out), values);
});

Deno.test("many tokens are read back in order, with any line ends", async () => {
  const many = Array.from({ length: 6_001 }, (_, i) => `person.${i}@sample.test`);
  const tokens = await tokensOf("global", many);
  const { code, out } = await detokenize(tokens.join("\r\n"));
  assert.equal(code, 0);
  assert.deepEqual(fromJson(out), many);
});

Deno.test("a line that is no token or fails authentication becomes null, and the exit code is 1", async () => {
  const [token] = await tokensOf("global", ["Ada"]);
  const forged = token!.replace(/_.(?=[^_]*$)/, (end) => end === "_A" ? "_B" : "_A");
  const { code, out, err } = await detokenize(toLines(["Ada", token!, forged, "tk1_siv"]));
  assert.deepEqual(fromJson(out), [null, "Ada", null, null]);
  assert.equal(code, 1);
  assert.equal(err, "tokenize: 3 lines are not tokens that can be read back here\n");
  const one = await detokenize(toLines(["Ada", token!]));
  assert.equal(one.err, "tokenize: 1 line is not a token that can be read back here\n");
});

Deno.test("an empty line, or COPY's mark, is NULL and stays it, with exit code 0", async () => {
  const [token] = await tokensOf("global", ["Ada"]);
  const { code, out, err } = await detokenize(toLines([token!, "", token!]));
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(fromJson(out), ["Ada", null, "Ada"]);
  const text = await detokenize(toLines([token!, "", token!]), ["--output", "table"]);
  assert.deepEqual([text.code, text.out, text.err], [0, "Ada\n\nAda\n", ""]);
  const copied = await detokenize(toLines([token!, "\\N"]));
  assert.deepEqual([copied.code, fromJson(copied.out)], [0, ["Ada", null]]);
});

Deno.test("tokens that are bound to a column are read back with the name of the column", async () => {
  const input = toLines(await tokensOf("column"));
  const dataset = ["--platform", place.platform, "--dataset", place.dataset.join(".")];
  const there = await detokenize(input, [...dataset, "--column", place.column]);
  assert.deepEqual([there.code, fromJson(there.out)], [0, values]);
  const elsewhere = await detokenize(input, [...dataset, "--column", "name"]);
  assert.deepEqual([elsewhere.code, fromJson(elsewhere.out)], [1, values.map(() => null)]);
});

Deno.test("it is off unless ALLOW_DETOKENIZE is true, and always off for one-way SDKs", async () => {
  const input = toLines(await tokensOf("global"));
  for (const off of ["", "false"]) {
    const { code, out, err } = await detokenize(input, [], { ALLOW_DETOKENIZE: off });
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /^tokenize: ALLOW_DETOKENIZE: /);
  }
  const wrong = await detokenize(input, [], { ALLOW_DETOKENIZE: "yes" });
  assert.deepEqual([wrong.code, wrong.err], [
    2,
    "tokenize: ALLOW_DETOKENIZE: it is not one of true, false\n",
  ]);
  const oneWay = await detokenize(input, [], { TOKEN_SDK_MODE: "hmac-sha256" });
  assert.deepEqual([oneWay.code, oneWay.out], [2, ""]);
  assert.match(oneWay.err, /^tokenize: TOKEN_SDK_MODE: .* cannot be read back\n$/);
});

Deno.test("input that is not UTF-8 is refused as wrong usage", async () => {
  const { code, out, err } = await detokenize(new Uint8Array([0x41, 0xff, 0x0a]));
  assert.deepEqual([code, out], [2, ""]);
  assert.equal(err, "tokenize: Cannot read standard input: it is not UTF-8 (invalid_request)\n");
});

Deno.test("its sandbox may reach no database", () => {
  const variables = { TOKEN_SDK_MODE: "dummy", PG_CONN_STR: "postgres://u:p@db.example.com/app" };
  const config = loadConfig({ ...settingsSource(variables), isTerminal: false });
  const where = { platform: undefined, dataset: undefined, column: undefined, json: true };
  assert.deepEqual(grantsFor({ name: "detokenize", ...where }, config).hosts, []);
});

Deno.test("output that cannot be written is one line, and exit code 1", async () => {
  const [token] = await tokensOf("global", ["Ada"]);
  const command = [fromSource.file, ...fromSource.args, "detokenize"];
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'echo "$1" | { shift; exec "$@" > /dev/full; }', "sh", token!, ...command],
    env: settings,
    stderr: "piped",
  }).output();
  assert.deepEqual([code, new TextDecoder().decode(stderr)], [
    1,
    "tokenize: Cannot write to standard output: the disk is full\n",
  ]);
});

Deno.test("a signal ends it even if its input continues", async () => {
  const child = new Deno.Command(fromSource.file, {
    args: [...fromSource.args, "detokenize"],
    env: settings,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(toLines(await tokensOf("global", ["Ada"]))));
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assert.equal(new TextDecoder().decode(value), '"Ada"\n');
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
  await writer.close().catch(() => {});
  await reader.cancel();
});
