/** `tokenize token`, the program itself. */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import { fromSource, runProgram } from "../support/program.ts";

const keys = jwkSet(await sivJwk("s1"), await hmacJwk("h1"));
const keyFile = await Deno.makeTempFile({ suffix: ".json" });
await Deno.writeTextFile(keyFile, keys);
Deno.test.afterAll(() => Deno.remove(keyFile));

const place = { platform: "postgres", dataset: ["app", "public", "a.b"], column: "email" };
const values = ["Ada", "", "静香 💌", "\uFEFFmark", " blanks ", '"quoted"'];

/** Writes to the program, and gives what it prints. */
async function token(
  input: string | Uint8Array<ArrayBuffer>,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const { code, stdout, stderr } = await runProgram(fromSource, ["token", ...args], env, input);
  return { code, out: stdout, err: stderr };
}

const toLines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join("");

Deno.test("each line is a value, and gives its token on a line, as a run would write it", async () => {
  const dummy = await token("Ada\n\n");
  assert.deepEqual(dummy, { code: 0, out: "tok_QWRh_poc\ntok__poc\n", err: "" });
  for (const mode of ["aes-siv", "hmac-sha256"]) {
    const sdk = await openKeyed(mode, keys);
    const { code, out, err } = await token(toLines(values), [], {
      TOKEN_SDK_MODE: mode,
      TOKEN_KEYS_FILE: keyFile,
    });
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(out, toLines(await sdk.tokenize(values, place)));
  }
});

Deno.test("many values keep their order, with any line ends, and tokens stay as they are", async () => {
  const many = Array.from({ length: 6_001 }, (_, i) => i % 3 === 0 ? "tok_QWRh_poc" : `value ${i}`);
  const { code, out } = await token(many.join("\r\n"));
  assert.equal(code, 0);
  const expected = many.map((text) => text.startsWith("tok_") ? text : `tok_${btoa(text)}_poc`);
  assert.equal(out, toLines(expected));
});

Deno.test("--json prints each token as a JSON string", async () => {
  assert.equal((await token("Ada\n", ["--json"])).out, '"tok_QWRh_poc"\n');
});

Deno.test("tokens that are bound to a place need its names, and are those of a run there", async () => {
  const names = ["--platform", "postgres", "--dataset", 'app.public."a.b"'];
  for (const scope of ["dataset", "column"]) {
    const env = { TOKEN_SDK_MODE: "aes-siv", TOKEN_KEYS_FILE: keyFile, TOKEN_CONTEXT: scope };
    const sdk = await openKeyed("aes-siv", keys, scope);
    const { code, out } = await token(toLines(values), [...names, "--column", "email"], env);
    assert.deepEqual([code, out], [0, toLines(await sdk.tokenize(values, place))]);
    const incomplete = scope === "column" ? names : [];
    const refused = await token("Ada\n", incomplete, env);
    assert.deepEqual([refused.code, refused.out], [2, ""]);
    assert.match(
      refused.err,
      new RegExp(`^tokenize: TOKEN_CONTEXT: it is "${scope}", so --platform`),
    );
  }
});

Deno.test("input that is not UTF-8 is refused, since an altered value would get another token", async () => {
  const { code, out, err } = await token(new Uint8Array([0x41, 0xff, 0x0a]));
  assert.deepEqual([code, out], [2, ""]);
  assert.equal(err, "tokenize: Cannot read standard input: it is not UTF-8 (invalid_request)\n");
});
