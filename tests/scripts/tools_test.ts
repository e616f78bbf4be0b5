/** Everything in .tools is verified before it is used again. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { folderDigest, isAsRecorded } from "../../scripts/digests.ts";
import { readZipEntry } from "../../scripts/zip_entry.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const VERSION = "2.6.10";

async function withTempDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A project with nothing but these scripts, and a program of ours in the place of a cached one. */
async function impostor(dir: string, scripts: readonly string[], cached: string): Promise<void> {
  await Deno.mkdir(`${dir}/scripts`);
  await Deno.mkdir(`${dir}/.tools`);
  for (const name of scripts) {
    await Deno.copyFile(`${project}scripts/${name}`, `${dir}/scripts/${name}`);
  }
  await Deno.writeTextFile(`${dir}/.tools/${cached}`, "#!/bin/sh\necho canary\n");
  await Deno.chmod(`${dir}/.tools/${cached}`, 0o755);
}

/** A folder for PATH with what the scripts need, and nothing to download by. */
async function offlinePath(dir: string): Promise<string> {
  const path = `${dir}/bin`;
  await Deno.mkdir(path);
  const needed =
    "bash cut dirname find head mkdir mktemp mv openssl rm sha256sum shasum sort tail tr uname";
  for (const name of needed.split(" ")) {
    for (const folder of ["/bin", "/usr/bin"]) {
      if (!await Deno.stat(`${folder}/${name}`).catch(() => null)) continue;
      await Deno.symlink(`${folder}/${name}`, `${path}/${name}`).catch(() => {}); // both folders have it
    }
  }
  return path;
}

Deno.test("a cached Deno with another checksum is not run", async () => {
  await withTempDir(async (dir) => {
    await impostor(dir, ["deno.sh"], `deno-${VERSION}`);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: [`${dir}/scripts/deno.sh`, "--version"],
      env: { PATH: await offlinePath(dir) },
      clearEnv: true,
    }).output();
    const [printed, complaint] = [stdout, stderr].map((each) => new TextDecoder().decode(each));
    assert.deepEqual([code, printed], [1, ""]);
    assert.match(complaint!, /deno-2\.6\.10 does not have the known SHA-256: not used/);
  });
});

Deno.test("a cached denort with another checksum is not put into a binary", async () => {
  await withTempDir(async (dir) => {
    const cached = `denort-${VERSION}-${Deno.build.target}`;
    await impostor(dir, ["denort.ts", "digests.ts", "zip_entry.ts"], cached);
    const code = `const { denortEnvironment } = await import("file://${dir}/scripts/denort.ts");
      console.log((await denortEnvironment()).DENORT_BIN);`;
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", code],
      env: { PATH: await offlinePath(dir), HOME: dir },
      clearEnv: true,
    }).output();
    const used = new TextDecoder().decode(stdout).trim();
    assert.equal(success, used !== "");
    // where Deno's host can be reached, the known one took its place
    if (success) assert.ok((await Deno.stat(used)).size > 1e6);
  });
});

Deno.test("a folder's digest changes with every file, name and link", async () => {
  await withTempDir(async (dir) => {
    const root = `${dir}/tool`;
    await Deno.mkdir(`${root}/bin/more`, { recursive: true });
    await Deno.writeTextFile(`${root}/bin/a`, "1");
    await Deno.writeTextFile(`${root}/bin/more/b`, "2");
    await Deno.symlink("a", `${root}/bin/link`);
    const digests = [await folderDigest(root, "bin")];
    const changes = [
      () => Deno.writeTextFile(`${root}/bin/more/b`, "3"),
      () => Deno.rename(`${root}/bin/a`, `${root}/bin/c`),
      () => Deno.writeTextFile(`${root}/bin/new`, ""),
      () => Deno.remove(`${root}/bin/link`),
      () => Deno.symlink("c", `${root}/bin/link`),
    ];
    for (const change of changes) {
      await change();
      digests.push(await folderDigest(root, "bin"));
    }
    assert.equal(new Set(digests).size, changes.length + 1);
    assert.equal(await folderDigest(root, "bin"), digests.at(-1));
  });
});

Deno.test("a tool without a known digest is trusted once, and must then stay the same", async () => {
  await withTempDir(async (dir) => {
    const record = `${dir}/tool.sha256`;
    assert.equal(await isAsRecorded(record, "aa"), true);
    assert.equal(await isAsRecorded(record, "aa"), true);
    assert.equal(await isAsRecorded(record, "bb"), false);
    assert.equal(await isAsRecorded(record, "aa"), true);
  });
});

/** Made by Python's zipfile: "packed" 200 times "x" deflated, and "stored" as it is. */
const ARCHIVE =
  "UEsDBBQAAAAIAAAAIQCma8t+BgAAAMgAAAAKAAAAZGlyL3BhY2tlZKuoGB4AAFBLAwQUAAAAAAAAACEAsyROlggAAAAIAAAABgAAAHN0b3JlZGFzIGl0IGlzUEsBAhQDFAAAAAgAAAAhAKZry34GAAAAyAAAAAoAAAAAAAAAAAAAAIABAAAAAGRpci9wYWNrZWRQSwECFAMUAAAAAAAAACEAsyROlggAAAAIAAAABgAAAAAAAAAAAAAAgAEuAAAAc3RvcmVkUEsFBgAAAAACAAIAbAAAAFoAAAAAAA==";

Deno.test("a file is extracted from an archive, compressed or not", async () => {
  const archive = Uint8Array.fromBase64(ARCHIVE);
  const text = async (name: string) => new TextDecoder().decode(await readZipEntry(archive, name));
  assert.equal(await text("dir/packed"), "x".repeat(200));
  assert.equal(await text("stored"), "as it is");
  await assert.rejects(text("other"), /has no "other"/);
  await assert.rejects(readZipEntry(new Uint8Array(100), "a"), /no ZIP file/);
});
