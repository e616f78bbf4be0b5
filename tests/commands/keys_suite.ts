/** `tokenize keys`: what it makes, what it leaves alone, and that no key is printed. */
import assert from "node:assert/strict";
import { findAdapter } from "../../src/tokens/adapters.ts";
import { machineSource } from "../../scripts/servers/test_keys.ts";
import { settingsReader } from "../../src/settings_reader.ts";
import { type Program, runProgram } from "../support/program.ts";

/** What must be true of any build of the program. */
export function keysSuite(program: Program): void {
  const test = (title: string, body: (dir: string) => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, async () => {
      const dir = await Deno.makeTempDir();
      try {
        await body(dir);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    });
  const keys = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const result = await runProgram(program, ["keys", ...args], env);
    const [, file] = args;
    const text = file === undefined ? "" : await Deno.readTextFile(file).catch(() => "");
    for (const [, key] of text.matchAll(/"k": "(.+)"/g)) {
      assert.ok(!(result.stdout + result.stderr).includes(key!), "a key was printed");
    }
    return result;
  };

  test("keys new makes a key file that the SDK accepts and others cannot read", async (dir) => {
    for (const sdk of ["aes-siv", "hmac-sha256"]) {
      const file = `${dir}/${sdk}.json`;
      const { code, stdout, stderr } = await keys(["new", file, "--sdk", sdk]);
      assert.deepEqual([code, stderr], [0, ""]);
      const { id, ...made } = JSON.parse(stdout);
      assert.deepEqual(made, { file: await Deno.realPath(file), sdk });
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
      const adapter = findAdapter(sdk)!;
      const reader = settingsReader(machineSource({ TOKEN_KEYS_FILE: file }));
      assert.deepEqual(adapter.keyIds!(adapter.readSettings(reader)), [id]);
    }
    assert.equal((await Array.fromAsync(Deno.readDir(dir))).length, 2, "something else was left");
  });

  test("keys new overwrites nothing, whatever is there", async (dir) => {
    await Deno.writeTextFile(`${dir}/some.json`, "kept");
    await Deno.symlink(`${dir}/nowhere`, `${dir}/link.json`);
    for (const name of ["some.json", "link.json", "."]) {
      const { code, stdout, stderr } = await keys(["new", `${dir}/${name}`]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^tokenize: Cannot make the key file ".*": it exists already, and is /);
    }
    assert.equal(await Deno.readTextFile(`${dir}/some.json`), "kept");
    const names = (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), ["link.json", "some.json"]);
  });

  test("two keys new at once make one file", async (dir) => {
    const file = `${dir}/keys.json`;
    const both = await Promise.all([keys(["new", file]), keys(["new", file])]);
    assert.deepEqual(both.map(({ code }) => code).toSorted(), [0, 2]);
    const { code } = await keys(["check", file]);
    assert.equal(code, 0);
  });

  test("keys add puts the key first, and keeps the others, the mode and a link to the file", async (dir) => {
    const file = `${dir}/keys.json`;
    await keys(["new", file, "--id", "old"]);
    const before = JSON.parse(await Deno.readTextFile(file));
    await Deno.chmod(file, 0o400);
    await Deno.symlink(file, `${dir}/link.json`);
    const added = await keys(["add", `${dir}/link.json`, "--id", "new"]);
    assert.equal(added.code, 0, added.stderr);
    const after = JSON.parse(await Deno.readTextFile(file));
    assert.deepEqual(after.keys.slice(1), before.keys);
    assert.deepEqual([after.keys[0].kid, after.keys[0].alg], ["new", before.keys[0].alg]);
    assert.equal((await Deno.stat(file)).mode! & 0o777, 0o400);
    assert.ok((await Deno.lstat(`${dir}/link.json`)).isSymlink);
    const { stdout } = await keys(["list", file]);
    const listed = JSON.parse(stdout).keys.map((
      key: { id: string; writes: boolean },
    ) => [key.id, key.writes]);
    assert.deepEqual(listed, [["new", true], ["old", false]]);
  });

  test("keys add changes nothing if the file cannot be used, is being changed or has the id", async (dir) => {
    const file = `${dir}/keys.json`;
    await keys(["new", file, "--id", "a"]);
    const text = await Deno.readTextFile(file);
    const refused = async (args: readonly string[], reason: RegExp) => {
      const before = await Deno.readTextFile(file);
      const { code, stdout, stderr } = await keys(args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, reason);
      assert.equal(await Deno.readTextFile(file), before);
    };
    await refused(["add", file, "--id", "A"], /it has a key "A" already$/m);
    await Deno.writeTextFile(`${file}.new`, "");
    await refused(["add", file], /Cannot write ".*\.new", .*: it exists already/);
    await Deno.remove(`${file}.new`);
    await Deno.writeTextFile(file, text.replace(/"k": "../, '"k": "'));
    await refused(["add", file], /^tokenize: .*keys\.json: key 1 of the file: it has /);
    await Deno.chmod(file, 0o644);
    await refused(["add", file], /can be read by others/);
    await refused(["add", `${dir}/missing.json`], /: there is no such file or folder$/m);
    const names = (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name);
    assert.deepEqual(names, ["keys.json"]);
  });

  test("keys check names each fault, and the file is that of TOKEN_KEYS_FILE unless one is named", async (dir) => {
    const file = `${dir}/keys.json`;
    const env = { TOKEN_KEYS_FILE: file };
    assert.equal((await keys(["new"], env)).code, 0);
    const good = await keys(["check"], env);
    assert.deepEqual(JSON.parse(good.stdout), { valid: true, keys: 1, sdks: ["aes-siv"] });
    await Deno.writeTextFile(file, '{"keys": [{}, {"kty": "oct", "kid": "a b"}]}');
    const bad = await keys(["check"], env);
    assert.deepEqual([bad.code, bad.stdout], [2, ""]);
    assert.match(bad.stderr, /: key 1 of the file: its kty .*\n.*: key 2 of the file: its kid /);
    const unnamed = await keys(["check"]);
    assert.equal(unnamed.code, 2);
    assert.match(unnamed.stderr, /name one, or set TOKEN_KEYS_FILE\n$/);
  });

  test("a table says where the key has to be put, for each place", async (dir) => {
    const file = `${dir}/a key's.json`;
    const siv = await keys(["new", file, "--id", "s1", "--output", "table"]);
    const word = `'${(await Deno.realPath(file)).replace("'", `'\\''`)}'`;
    assert.ok(siv.stdout.includes(`export TOKEN_SDK_MODE=aes-siv TOKEN_KEYS_FILE=${word}\n`));
    assert.ok(siv.stdout.includes(`--from-file=keys.json=${word}\n`), siv.stdout);
    assert.doesNotMatch(siv.stdout, /databricks|rotate/);
    const hmac = await keys([
      "add",
      file,
      "--sdk",
      "hmac-sha256",
      "--id",
      "h1",
      "--output",
      "table",
    ]);
    assert.match(
      hmac.stdout,
      /databricks secrets put-secret "\$DBX_SECRET_SCOPE" tokenize-hmac-h1\n {2}databricks secrets put-acl "\$DBX_SECRET_SCOPE" "\$PRINCIPAL" READ\n/,
    );
    const next = await keys(["add", file, "--sdk", "aes-siv", "--id", "s2", "--output", "table"]);
    assert.match(next.stdout, /tokenize rotate --urn URN --columns COLUMNS --from s1\n/);
  });
}
